#include <xgrad/data/loader.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/data/draws.hpp>
#include <xgrad/data/prefetch.hpp>

namespace xgrad::data::detail {
namespace {

void check(const Tensor& part, const std::string& name, std::int64_t rows) {
  const std::string what = "DataLoader: the dataset's gather() returned ";
  if (!part.defined()) throw std::invalid_argument(what + "an undefined tensor as " + name);
  if (part.rank() == 0 || part.shape()[0] != rows)
    throw std::invalid_argument(what + name + " of shape " + to_string(part.shape()) + " for " + std::to_string(rows) +
                                (rows == 1 ? " row" : " rows") + ": axis 0 must count the rows");
}

void at_least(const char* what, std::int64_t least, std::int64_t got) {
  if (got < least)
    throw std::invalid_argument("DataLoader: the " + std::string(what) + " must be at least " + std::to_string(least) +
                                ", got " + std::to_string(got));
}

/// The rows of an epoch, batch after batch.
struct Plan {
  std::vector<std::int64_t> rows;
  std::int64_t batch_size = 1;
  std::vector<std::int64_t> begins;  // of every batch, and the end, where a batch sampler chose them

  std::int64_t begin(std::int64_t batch) const {
    return begins.empty() ? std::min(batch * batch_size, static_cast<std::int64_t>(rows.size()))
                          : begins[static_cast<std::size_t>(batch)];
  }
};

}  // namespace

class LoaderState {
 public:
  LoaderState(std::shared_ptr<const AnyDataset> over, std::size_t width, const LoaderOptions& how)
      : dataset(std::move(over)), columns(width), options(how) {
    if (!dataset) throw std::invalid_argument("DataLoader: the dataset is null");
    at_least("batch size", 1, options.batch_size_);
    at_least("number of workers", 0, options.workers_);
    at_least("prefetch factor", 1, options.prefetch_factor_);
    if (options.workers_ > 1024)
      throw std::invalid_argument("DataLoader: the number of workers must be at most 1024, got " +
                                  std::to_string(options.workers_));
    if (options.prefetch_factor_ > 1 << 20)
      throw std::invalid_argument("DataLoader: the prefetch factor must be at most 1048576, got " +
                                  std::to_string(options.prefetch_factor_));
    if (options.sampler_ && options.shuffle_)
      throw std::invalid_argument("DataLoader: shuffle and a sampler exclude each other: the sampler has the order");
    if (options.batch_sampler_ &&
        (options.batch_size_ != 1 || options.shuffle_ || options.drop_last_ || options.sampler_))
      throw std::invalid_argument(
          "DataLoader: a batch sampler excludes batch_size, shuffle, drop_last and a sampler: it chooses whole "
          "batches");
    if (options.sampler_) options.sampler_->check(dataset->size());
  }

  std::int64_t rows() const { return options.sampler_ ? options.sampler_->size() : dataset->size(); }
  std::int64_t batches() const {
    if (options.batch_sampler_) return options.batch_sampler_->size();
    const std::int64_t whole = rows() / options.batch_size_;
    return whole + (!options.drop_last_ && rows() % options.batch_size_ != 0);
  }
  std::int64_t batch_size() const { return options.batch_size_; }
  std::int64_t workers() const { return options.workers_; }
  std::int64_t ahead() const { return options.workers_ * options.prefetch_factor_; }
  Pass pass(std::uint64_t epoch) const { return {epoch, options.seed_}; }

  Plan plan(std::uint64_t epoch) const {
    const xgrad::detail::Calling calling("DataLoader");
    const std::int64_t size = dataset->size();
    if (size < 0)
      throw std::invalid_argument("DataLoader: the dataset says that it has " + std::to_string(size) + " rows");
    Plan plan;
    plan.batch_size = options.batch_size_;
    if (options.batch_sampler_) {
      plan.begins.push_back(0);
      for (const std::vector<std::int64_t>& batch : options.batch_sampler_->batches(pass(epoch))) {
        if (batch.empty()) throw std::invalid_argument("DataLoader: the batch sampler gave a batch of no rows");
        plan.rows.insert(plan.rows.end(), batch.begin(), batch.end());
        plan.begins.push_back(static_cast<std::int64_t>(plan.rows.size()));
      }
      if (static_cast<std::int64_t>(plan.begins.size()) - 1 != batches())
        throw std::invalid_argument("DataLoader: the batch sampler gave " + std::to_string(plan.begins.size() - 1) +
                                    " batches, but its size() is " + std::to_string(batches()));
    } else if (options.sampler_) {
      options.sampler_->check(size);  // the dataset may have grown
      plan.rows = options.sampler_->order(pass(epoch));
      if (static_cast<std::int64_t>(plan.rows.size()) != options.sampler_->size())
        throw std::invalid_argument("DataLoader: the sampler gave " + std::to_string(plan.rows.size()) +
                                    " rows, but its size() is " + std::to_string(options.sampler_->size()));
    } else if (options.shuffle_) {
      plan.rows = RandomSampler(size).order(pass(epoch));
    } else {
      plan.rows = SequentialSampler(size).order(pass(epoch));
    }
    if (options.sampler_ || options.batch_sampler_)
      check_rows("DataLoader", plan.rows.data(), static_cast<std::int64_t>(plan.rows.size()), size);
    return plan;
  }

  const std::shared_ptr<const AnyDataset> dataset;
  const std::size_t columns;
  LoaderPosition position, next_begin;

 private:
  const LoaderOptions options;
};

class LoaderRun {
 public:
  LoaderRun(std::shared_ptr<LoaderState> state, LoaderPosition start)
      : state_(std::move(state)),
        epoch_(start.epoch),
        job_(std::make_shared<const Job>(
            Job{state_->dataset, state_->columns, state_->pass(start.epoch), state_->plan(start.epoch)})),
        batches_(state_->batches()) {}

  void take(std::int64_t number, Tensor* columns) {
    if (number >= batches_) throw std::logic_error("DataLoader: there is no batch at the end of an epoch");
    if (state_->workers() == 0) {
      job_->make(number, columns);
    } else {
      if (!prefetch_)
        prefetch_ = std::make_unique<Prefetch>(number, batches_, state_->workers(), state_->ahead(),
                                               [job = job_](std::int64_t batch) {
                                                 Columns made(job->columns);
                                                 job->make(batch, made.data());
                                                 return made;
                                               });
      Columns made = prefetch_->take(number);
      std::move(made.begin(), made.end(), columns);
    }
    state_->position = number + 1 == batches_ ? LoaderPosition{epoch_ + 1, 0} : LoaderPosition{epoch_, number + 1};
  }

 private:
  /// What threads need to make a batch.
  struct Job {
    std::shared_ptr<const AnyDataset> dataset;
    std::size_t columns;
    Pass pass;
    Plan plan;

    void make(std::int64_t batch, Tensor* to) const {
      const NoGrad off;
      Generator generator = generator_of_batch(pass, batch);
      const GeneratorScope scope(generator);
      const std::int64_t begin = plan.begin(batch), count = plan.begin(batch + 1) - begin;
      dataset->columns_of(pass, plan.rows.data() + begin, count, to);
      for (std::size_t i = 0; i < columns; ++i) check(to[i], column_name(i, columns), count);
    }
  };

  std::shared_ptr<LoaderState> state_;
  std::uint64_t epoch_;
  std::shared_ptr<const Job> job_;
  std::int64_t batches_;
  std::unique_ptr<Prefetch> prefetch_;
};

LoaderCore::LoaderCore(std::shared_ptr<const AnyDataset> dataset, std::size_t columns, const LoaderOptions& options)
    : state_(std::make_shared<LoaderState>(std::move(dataset), columns, options)) {}
LoaderCore::LoaderCore(const LoaderCore& other) : state_(std::make_shared<LoaderState>(*other.state_)) {}
LoaderCore& LoaderCore::operator=(const LoaderCore& other) {
  state_ = std::make_shared<LoaderState>(*other.state_);
  return *this;
}

std::int64_t LoaderCore::size() const { return state_->batches(); }
std::int64_t LoaderCore::dataset_size() const { return state_->dataset->size(); }
std::int64_t LoaderCore::batch_size() const { return state_->batch_size(); }
LoaderPosition LoaderCore::position() const { return state_->position; }
std::vector<std::int64_t> LoaderCore::order(std::uint64_t epoch) const { return state_->plan(epoch).rows; }
const AnyDataset& LoaderCore::dataset() const { return *state_->dataset; }

void LoaderCore::set_position(LoaderPosition position) {
  if (position.batch < 0 || position.batch > size())
    throw std::invalid_argument("DataLoader: cannot go on after batch " + std::to_string(position.batch) +
                                ": an epoch has " + std::to_string(size()));
  if (position.batch == size() && position.batch != 0) position = {position.epoch + 1, 0};
  state_->position = state_->next_begin = position;
}

std::function<void()> LoaderCore::restorer() const {
  return [state = state_, position = state_->position, next = state_->next_begin] {
    state->position = position;
    state->next_begin = next;
  };
}

std::shared_ptr<LoaderRun> LoaderCore::begin(LoaderPosition& start) {
  start = state_->next_begin;
  auto run = std::make_shared<LoaderRun>(state_, start);
  state_->position = start;
  state_->next_begin = {start.epoch + 1, 0};
  return run;
}

void LoaderCore::take(LoaderRun* run, std::int64_t number, Tensor* columns) {
  if (run == nullptr) throw std::logic_error("DataLoader: there is no batch at the end of an epoch");
  run->take(number, columns);
}

}  // namespace xgrad::data::detail

namespace xgrad::data {

LoaderOptions& LoaderOptions::sampler(std::shared_ptr<const Sampler> sampler) {
  return set(sampler_, std::move(sampler));
}

LoaderOptions& LoaderOptions::batch_sampler(std::shared_ptr<const BatchSampler> sampler) {
  return set(batch_sampler_, std::move(sampler));
}

}  // namespace xgrad::data
