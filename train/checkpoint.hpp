#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/io/state_dict.hpp>
#include <xgrad/nn/module.hpp>
#include <xgrad/optim/optimizer.hpp>

namespace xgrad::train {

class Callback;

namespace detail {

/// One of the things that belong to a training run.
struct CheckpointPart {
  std::string name;
  std::function<StateDict()> save;
  std::function<void(const StateDict&, Source)> load;
  bool loads_last = false;
  bool may_lack = false;                             // without a state it is no part of the file
  std::function<std::function<void()>()> keep = {};  // gives what brings the part back; else load() of its state does
};

CheckpointPart module_part(const std::string& name, nn::ModuleBase module);
/// The generators of a module and all below it.
CheckpointPart generators_part(const std::string& name, nn::ModuleBase module);
CheckpointPart generator_part(const std::string& name, std::function<Generator&()> generator);
/// A whole number, and a position of a loader: two of them, which are not negative.
StateDict whole_numbers(const std::vector<std::int64_t>& numbers);
std::vector<std::int64_t> whole_numbers(const std::string& name, const StateDict& state, std::size_t count);
std::vector<std::int64_t> position_numbers(const std::string& name, const StateDict& state);
double real_number(const std::string& name, const StateDict& state);

template <class T, class = void>
struct HasPosition : std::false_type {};
template <class T>
struct HasPosition<T, std::void_t<decltype(std::declval<T&>().set_position(std::declval<const T&>().position()))>>
    : std::true_type {};

template <class T, class = void>
struct LoadsAt : std::false_type {};
template <class T>
struct LoadsAt<T, std::void_t<decltype(std::declval<T&>().load_state_dict(std::declval<const StateDict&>(), Source()))>>
    : std::true_type {};

/// Loading a state is not the way back to what was before where more than the state is lost: such parts have a function
/// restorer(), as schedules and loaders do.
template <class T, class = void>
struct HasRestorer : std::false_type {};
template <class T>
struct HasRestorer<
    T, std::enable_if_t<std::is_convertible_v<decltype(std::declval<T&>().restorer()), std::function<void()>>>>
    : std::true_type {};

template <class T>
std::function<std::function<void()>()> keeper_of(T& part) {
  if constexpr (HasRestorer<T>::value) return [&part] { return part.restorer(); };
  static_cast<void>(part);
  return {};
}

}  // namespace detail

/// All that a training run needs to go on after its end as if there had been none, as one file: weights and buffers,
/// optimiser, schedules, generators, the loader's position, counters, metrics.
///
///     train::Checkpoint checkpoint;
///     checkpoint.add("model", model).add("optimizer", optimizer).add("loader", loader).add("epoch", epoch);
///     checkpoint.save("run.safetensors");
///     checkpoint.load("run.safetensors");  // in the process that goes on
///
/// A part is a module, with the generators of its own that its layers have; anything with state_dict() and
/// load_state_dict(), such as an optimiser, a schedule or a metric; a loader, whose position is saved; a Generator; a
/// std::int64_t or a double. A Callback is a part when it has a state. Parts are kept by reference, modules as handles,
/// and must outlive the checkpoint. The calling thread's default generator is always a part.
///
/// Optimisers are loaded after all other parts, since schedules set their learning rates when they are loaded.
///
/// The file is safetensors, so that other systems read it too: the tensors of a part are "<part>/<key>", the metadata
/// holds "format", "parts", checksums of everything, and what note() has added. It is written atomically and durably
/// (io::AtomicFile). A file that is damaged in any bit is refused with std::runtime_error; one of another version of
/// the format, of other parts, or whose state does not fit, with std::invalid_argument, and then every part is what it
/// was.
class Checkpoint {
 public:
  Checkpoint();
  Checkpoint(const Checkpoint&) = default;  // a move is a copy, so that no save() writes less than was added
  Checkpoint& operator=(const Checkpoint&) = default;

  /// The name must not be empty, taken, or contain a slash.
  template <class T>
  Checkpoint& add(const std::string& name, T& part);
  /// A text for the metadata of the file, to be read with io::load_safetensors_metadata.
  Checkpoint& note(const std::string& key, const std::string& text);

  void save(const std::string& path) const;
  void load(const std::string& path, Source at = Source::here());

  /// What a file holds, read and found to be intact.
  struct Contents {
    std::string path;
    StateDict tensors;
    std::vector<std::string> parts;
  };
  static Contents read(const std::string& path);
  /// Gives every part its state.
  void load(const Contents& contents, Source at = Source::here());

 private:
  // All of them or, where one has a name that does not do, none.
  Checkpoint& add_parts(std::vector<detail::CheckpointPart> parts);
  Checkpoint& add_part(detail::CheckpointPart part) { return add_parts({std::move(part)}); }

  std::vector<detail::CheckpointPart> parts_;
  std::vector<std::pair<std::string, std::string>> notes_;
};

/// The state of one part of a file: `model.load_state_dict(train::load_part("run.safetensors", "model"))`. A part that
/// is not there is an error that lists those that are.
[[nodiscard]] StateDict load_part(const std::string& path, const std::string& name);

template <class T>
Checkpoint& Checkpoint::add(const std::string& name, T& part) {
  static_assert(!std::is_const_v<T>, "add: the part is written by load(), so it must not be const");
  if constexpr (std::is_base_of_v<nn::ModuleBase, T>) {
    return add_parts({detail::module_part(name, part), detail::generators_part(name + " generators", part)});
  } else if constexpr (std::is_same_v<Generator, T>) {
    return add_part(detail::generator_part(name, [&part]() -> Generator& { return part; }));
  } else if constexpr (std::is_same_v<std::int64_t, T>) {
    return add_part(
        {name, [&part] { return detail::whole_numbers({part}); },
         [&part, name](const StateDict& state, Source) { part = detail::whole_numbers(name, state, 1)[0]; }});
  } else if constexpr (std::is_same_v<double, T>) {
    return add_part({name,
                     [&part] {
                       return StateDict{{"number", Tensor(part)}};
                     },
                     [&part, name](const StateDict& state, Source) { part = detail::real_number(name, state); }});
  } else if constexpr (detail::HasPosition<T>::value) {
    return add_part({name,
                     [&part] {
                       const auto at = part.position();
                       return detail::whole_numbers({static_cast<std::int64_t>(at.epoch), at.batch});
                     },
                     [&part, name](const StateDict& state, Source) {
                       const auto numbers = detail::position_numbers(name, state);
                       auto at = part.position();
                       at.epoch = static_cast<decltype(at.epoch)>(numbers[0]);
                       at.batch = numbers[1];
                       part.set_position(at);
                     },
                     false, false, detail::keeper_of(part)});
  } else {
    return add_part({name, [&part] { return part.state_dict(); },
                     [&part](const StateDict& state, Source at) {
                       static_cast<void>(at);
                       if constexpr (detail::LoadsAt<T>::value)
                         part.load_state_dict(state, at);
                       else
                         part.load_state_dict(state);
                     },
                     std::is_base_of_v<optim::Optimizer, T>, std::is_base_of_v<Callback, T>, detail::keeper_of(part)});
  }
}

}  // namespace xgrad::train
