#include <xgrad/train/checkpoint.hpp>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

#include <xgrad/io/safetensors.hpp>
#include <xgrad/nn/generators.hpp>
#include <xgrad/train/record.hpp>

namespace xgrad::train {
namespace {

constexpr const char *format = "xgrad checkpoint 1", *format_of_any_version = "xgrad checkpoint ";
constexpr char separator = '/';

[[noreturn]] void refuse(const std::string& why) { throw std::invalid_argument("Checkpoint: " + why); }
[[noreturn]] void refuse_file(const std::string& path, const std::string& why) {
  throw std::runtime_error("Checkpoint: '" + path + "': " + why);
}

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : std::string(1, separator)) + name;
  return all;
}

std::vector<std::string> divided(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    names.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return names;
}

/// The names that are not among others, and names in words.
std::vector<std::string> without(const std::vector<std::string>& names, const std::vector<std::string>& others) {
  std::vector<std::string> result;
  for (const std::string& name : names)
    if (std::find(others.begin(), others.end(), name) == others.end()) result.push_back(name);
  return result;
}

std::string quoted(std::vector<std::string> names) {
  for (std::string& name : names) name.insert(0, 1, '"').append(1, '"');
  return detail::listed(names);
}

StateDict part_of(const StateDict& tensors, const std::string& name) {
  const std::string start = name + separator;
  StateDict result;
  for (const auto& [key, tensor] : tensors)
    if (key.compare(0, start.size(), start) == 0) result.emplace_back(key.substr(start.size()), tensor);
  return result;
}

/// What brings a part back to what it is now.
std::function<void()> way_back(const detail::CheckpointPart& part, Source at) {
  if (part.keep) return part.keep();
  // A copy: a state may be the memory that load() writes to.
  return [&part, at, state = part.save().clone()] { part.load(state, at); };
}

StateDict state_of(const Generator& generator) {
  return detail::whole_numbers({static_cast<std::int64_t>(generator.seed()),
                                static_cast<std::int64_t>(generator.stream()),
                                static_cast<std::int64_t>(generator.draws())});
}

Generator generator_of(const std::string& name, const StateDict& state) {
  const std::vector<std::int64_t> numbers = detail::whole_numbers(name, state, 3);
  Generator result(static_cast<std::uint64_t>(numbers[0]), static_cast<std::uint64_t>(numbers[1]));
  result.restore(static_cast<std::uint64_t>(numbers[2]));
  return result;
}

}  // namespace

namespace detail {

StateDict whole_numbers(const std::vector<std::int64_t>& numbers) { return {{"numbers", Tensor(numbers)}}; }

std::vector<std::int64_t> whole_numbers(const std::string& name, const StateDict& state, std::size_t count) {
  const auto found = state.find("numbers");
  if (state.size() != 1 || found == state.end() || found->second.dtype() != int64 || found->second.rank() != 1 ||
      found->second.size() != static_cast<std::int64_t>(count))
    refuse("part \"" + name + "\" of the file is of another kind: it must be " + std::to_string(count) +
           " int64 called \"numbers\"");
  const std::int64_t* from = Raw::data<std::int64_t>(found->second);
  return {from, from + count};
}

std::vector<std::int64_t> position_numbers(const std::string& name, const StateDict& state) {
  std::vector<std::int64_t> numbers = whole_numbers(name, state, 2);
  if (numbers[0] < 0 || numbers[1] < 0)
    refuse("part \"" + name + "\" of the file is epoch " + std::to_string(numbers[0]) + " and batch " +
           std::to_string(numbers[1]) + ": a position is not negative");
  return numbers;
}

double real_number(const std::string& name, const StateDict& state) {
  const auto found = state.find("number");
  if (state.size() != 1 || found == state.end() || found->second.size() != 1 || found->second.dtype() != float64)
    refuse("part \"" + name + "\" of the file is of another kind: it must be one float64 called \"number\"");
  return found->second.item();
}

CheckpointPart module_part(const std::string& name, nn::ModuleBase module) {
  return {name, [module] { return module.state_dict(); },
          [module](const StateDict& state, Source at) mutable { module.load_state_dict(state, at); }};
}

CheckpointPart generator_part(const std::string& name, std::function<Generator&()> generator) {
  return {name, [generator] { return state_of(generator()); },
          [generator, name](const StateDict& state, Source) { generator() = generator_of(name, state); }};
}

CheckpointPart generators_part(const std::string& name, nn::ModuleBase module) {
  const auto own = [module] {
    std::vector<std::pair<std::string, nn::OwnGenerator>> used;
    for (auto& each : nn::named_generators(module))
      if (*each.second) used.push_back(std::move(each));
    return used;
  };
  const auto key_of = [](std::size_t i, const std::string& path) { return std::to_string(i) + "." + path; };
  const auto save = [own, key_of] {
    StateDict result;
    const auto all = own();
    for (std::size_t i = 0; i < all.size(); ++i)
      result.emplace_back(key_of(i, all[i].first), state_of(**all[i].second).at("numbers"));
    return result;
  };
  const auto load = [own, key_of, name](const StateDict& state, Source) {
    const auto all = own();
    if (all.size() != state.size())
      refuse("part \"" + name + "\" of the file has " + std::to_string(state.size()) + " generators, the model " +
             std::to_string(all.size()) + ": they must agree");
    std::vector<Generator> loaded;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string key = key_of(i, all[i].first);
      loaded.push_back(generator_of(name + separator + key, {{"numbers", state.at(key)}}));
    }
    for (std::size_t i = 0; i < all.size(); ++i) *all[i].second = loaded[i];
  };
  return {name, save, load};
}

}  // namespace detail

Checkpoint::Checkpoint() {
  add_parts({detail::generator_part("default generator", []() -> Generator& { return default_generator(); })});
}

Checkpoint& Checkpoint::add_parts(std::vector<detail::CheckpointPart> parts) {
  for (const auto& part : parts) {
    if (part.name.empty() || part.name.find(separator) != std::string::npos)
      refuse("a part is named \"" + part.name + "\": a name is not empty and has no slash");
    for (const auto& each : parts_)
      if (each.name == part.name) refuse("there is a part \"" + part.name + "\" already: names must differ");
  }
  parts_.reserve(parts_.size() + parts.size());
  for (auto& part : parts) parts_.push_back(std::move(part));
  return *this;
}

Checkpoint& Checkpoint::note(const std::string& key, const std::string& text) {
  if (key == "format" || key == "parts" || key == "xgrad.crc32")
    refuse("the metadata has \"" + key + "\" of its own: choose another key");
  for (auto& [known, value] : notes_)
    if (known == key) {
      value = text;
      return *this;
    }
  notes_.emplace_back(key, text);
  return *this;
}

void Checkpoint::save(const std::string& path) const {
  StateDict tensors;
  std::vector<std::string> names;
  for (const auto& part : parts_) {
    const StateDict state = part.save();
    if (state.empty() && part.may_lack) continue;
    names.push_back(part.name);
    for (const auto& [key, tensor] : state) tensors.emplace_back(part.name + separator + key, tensor);
  }
  io::Metadata metadata(notes_.begin(), notes_.end());
  metadata["format"] = format;
  metadata["parts"] = joined(names);
  io::save_safetensors(tensors, path, metadata, io::SafetensorsOptions().checksum());
}

Checkpoint::Contents Checkpoint::read(const std::string& path) {
  const io::SafetensorsFile file(path);
  const io::Metadata& metadata = file.metadata();
  const auto text = [&](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  const std::string found = text("format");
  // Another program writes no such text, and damage would need more than one bit where there are no checksums.
  if (found != format && found.rfind(format_of_any_version, 0) == 0)
    refuse("'" + path + "': the file has the format \"" + found + "\", and this version reads \"" + format +
           "\": read it with the version that wrote it");
  if (found != format)
    refuse_file(path, "is no checkpoint: the metadata of one has the format \"" + std::string(format) + "\"");
  if (!file.has_checksums()) refuse_file(path, "has no checksums: a checkpoint is saved with them");
  return {path, file.tensors(), divided(text("parts"))};
}

void Checkpoint::load(const std::string& path, Source at) { load(read(path), at); }

void Checkpoint::load(const Contents& contents, Source at) {
  std::vector<std::string> own;
  std::vector<const detail::CheckpointPart*> order;
  for (const auto& part : parts_) {
    if (part.may_lack && without({part.name}, contents.parts).size() == 1 && part.save().empty()) continue;
    own.push_back(part.name);
    order.push_back(&part);
  }
  const std::vector<std::string> missing = without(own, contents.parts), unknown = without(contents.parts, own);
  if (!missing.empty() || !unknown.empty())
    refuse("'" + contents.path + "': the file has " + (missing.empty() ? "" : "no part " + quoted(missing)) +
           (missing.empty() || unknown.empty() ? "" : ", and ") +
           (unknown.empty() ? "" : "the part " + quoted(unknown) + ", which is not here") +
           ": the parts must be the same: load_part() reads one part of a file");
  std::stable_partition(order.begin(), order.end(), [](const auto* part) { return !part->loads_last; });
  std::vector<std::function<void()>> back;
  back.reserve(order.size());
  for (const auto* part : order) back.push_back(way_back(*part, at));
  std::size_t loaded = 0;
  try {
    for (; loaded < order.size(); ++loaded) order[loaded]->load(part_of(contents.tensors, order[loaded]->name), at);
  } catch (...) {
    const std::exception_ptr why = std::current_exception();
    // The optimisers last, loaded or not: schedules have set their options.
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (i >= loaded && !order[i]->loads_last) continue;
      try {
        back[i]();
      } catch (...) {  // the others are brought back all the same
      }
    }
    std::rethrow_exception(why);
  }
}

StateDict load_part(const std::string& path, const std::string& name) {
  const Checkpoint::Contents contents = Checkpoint::read(path);
  if (std::find(contents.parts.begin(), contents.parts.end(), name) == contents.parts.end())
    throw std::invalid_argument("load_part: '" + path + "' has no part \"" + name + "\": it has " +
                                detail::listed(contents.parts));
  return part_of(contents.tensors, name);
}

}  // namespace xgrad::train
