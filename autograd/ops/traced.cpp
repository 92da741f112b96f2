#include <xgrad/autograd/ops/traced.hpp>

#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/pointwise/chain_rule.hpp>
#include <xgrad/autograd/kernels/pointwise/lane.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/tiles.hpp>

namespace xgrad::detail {
namespace {

using kernels::Tile;

template <class F>
using ReadsXY = JointRule<reads_every_x | reads_y, F>;

// The tensors among the operands of a pass.
class Operands {
 public:
  void add(const Traced& x) {
    if (x.defined() && !x.is_number()) tensors_[count_++] = x.tensor();
  }
  DType dtype() const { return tensors_[0].dtype(); }
  Shape shape(const char* name) const { return broadcast_all(name, tensors_, count_); }

  // y = body(tiles), where a number stands as it is.
  template <class F, class... X>
  Tensor pass(const Shape& shape, const F& body, const X&... x) const {
    Tensor y = Tensor::uninitialized(shape, dtype());
    tile_pass(dtype(), shape, tensors_, count_, &y, 1, [&](Tile* in, Tile* out) {
      std::size_t next = 0;
      auto tile = [&](const Traced& each) {
        return each.is_number() ? Tile(each.number()) : each.defined() ? std::move(in[next++]) : Tile();
      };
      Tile tiles[] = {tile(x)...};  // braces: in order
      out[0] = body(tiles);
    });
    return y;
  }

 private:
  Tensor tensors_[4];
  std::size_t count_ = 0;
};

// The value of a pointwise function of tensors and numbers, by a pass over tiles.
template <class F, class... X>
Tensor compute(const char* name, const F& body, const X&... x) {
  Operands operands;
  (operands.add(x), ...);
  return operands.pass(operands.shape(name), body, x...);
}

Tile choose_tile(Tile* t) {
  choose(t[0], t[1], t[2]);
  return std::move(t[1]);
}

template <class... X>
Source line_of(const X&... x) {
  Source at;
  ((at = !x.is_number() && x.tensor().defined() ? x.at() : at), ...);
  return at;
}

}  // namespace

// d f'(x), and da ∂f/∂a + db ∂f/∂b where one of da and db may be undefined; as recorded ops.
template <class F>
Traced chain(const F& f, const Traced& x, const Traced& y, const Traced& d);
template <class F>
Traced chain(const F& f, const Traced& a, const Traced& b, const Traced& y, const Traced& da, const Traced& db);

namespace {

// g times the slopes: recorded if backward is, else one pass over dual numbers, whose slopes g seeds.
template <class F>
Tensor pull_unary(const F& f, const Traced& x, const Traced& y, const Traced& g) {
  if (grad_enabled()) return chain(f, x, y, g).tensor();
  auto body = [&](Tile* t) {
    kernels::differentiate(f, t, 2);
    return std::move(t[1]);
  };
  return compute(f.name, body, x, g);
}

template <class F>
Tensor pull_binary(const F& f, const Traced& a, const Traced& b, const Traced& y, const Traced& da, const Traced& db) {
  if (grad_enabled()) return kernels::chain_both(f, a, b, y, da, db).tensor();
  auto body = [&](Tile* t) {
    kernels::differentiate(f, t, t + 2, 2);
    return std::move(t[1]);
  };
  return compute(f.name, body, a, da, b, db);
}

}  // namespace

template <class F>
Traced apply(const F& f, const Traced& x) {
  if (x.is_number()) return kernels::apply(f, Tile(x.number())).number();
  const Source at = x.at();
  Tensor y = compute(
      f.name, [&](Tile* t) { return kernels::apply(f, std::move(t[0])); }, x);
  if constexpr (F::flat)
    return Traced(std::move(y), at);
  else {
    auto rule = [f, at](const Tensor& in, const Tensor& out, const Tensor& g) {
      return pull_unary(f, Traced(in, at), Traced(out, at), Traced(g, at));
    };
    return Traced(record(f.name, at, std::move(y), {Tensor(x.tensor())}, from_xy(rule)), at);
  }
}

template <class F>
Traced apply(const F& f, const Traced& a, const Traced& b) {
  if (a.is_number() && b.is_number()) return kernels::apply(f, Tile(a.number()), Tile(b.number())).number();
  const Source at = line_of(a, b);
  Tensor y = compute(
      f.name, [&](Tile* t) { return kernels::apply(f, std::move(t[0]), std::move(t[1])); }, a, b);
  if constexpr (F::flat)
    return Traced(std::move(y), at);
  else if (a.is_number()) {
    auto rule = [f, at, number = a.number()](const Tensor& in, const Tensor& out, const Tensor& g) {
      return pull_binary(f, Traced(number), Traced(in, at), Traced(out, at), Traced(), Traced(g, at));
    };
    return Traced(record(f.name, at, std::move(y), {Tensor(b.tensor())}, from_xy(rule)), at);
  } else if (b.is_number()) {
    auto rule = [f, at, number = b.number()](const Tensor& in, const Tensor& out, const Tensor& g) {
      return pull_binary(f, Traced(in, at), Traced(number), Traced(out, at), Traced(g, at), Traced());
    };
    return Traced(record(f.name, at, std::move(y), {Tensor(a.tensor())}, from_xy(rule)), at);
  } else {
    auto rule = [f, at](const Tensor& u, const Tensor& v, const Tensor& out, const Tensor& g, Needs needs) {
      const Traced left(u, at), right(v, at), result(out, at), upstream(g, at), none;
      std::array<Tensor, 2> both;
      if (needs[0]) both[0] = pull_binary(f, left, right, result, upstream, none);
      if (needs[1]) both[1] = pull_binary(f, left, right, result, none, upstream);
      return both;
    };
    return Traced(
        record(f.name, at, std::move(y), {Tensor(a.tensor()), Tensor(b.tensor())}, ReadsXY<decltype(rule)>{rule}), at);
  }
}

template <class F>
Traced chain(const F& f, const Traced& x, const Traced& y, const Traced& d) {
  return kernels::times_slope(d, f.slope(Lane<Traced>(x), Lane<Traced>(y)).v);
}

template <class F>
Traced chain(const F& f, const Traced& a, const Traced& b, const Traced& y, const Traced& da, const Traced& db) {
  const Lane<Traced> u(a), v(b), w(y);
  if (!db.defined()) return kernels::times_slope(da, f.slope_a(u, v, w).v);
  if (!da.defined()) return kernels::times_slope(db, f.slope_b(u, v, w).v);
  return apply(kernels::fn::Add(), kernels::times_slope(da, f.slope_a(u, v, w).v),
               kernels::times_slope(db, f.slope_b(u, v, w).v));
}

Traced select(const Traced& mask, const Traced& a, const Traced& b) {
  if (mask.is_number()) return mask.number() != 0 ? a : b;
  const Source at = line_of(mask, a, b);
  Tensor y = compute("where", choose_tile, mask, a, b);
  // A number has no gradient, but takes its place among the inputs.
  auto tensor = [&](const Traced& x) { return x.is_number() ? converted(Tensor(x.number()), y.dtype()) : x.tensor(); };
  Tensor left = tensor(a), right = tensor(b);
  auto rule_a = [at](const Tensor& m, const Tensor& g) { return select(Traced(m, at), Traced(g, at), 0.0).tensor(); };
  auto rule_b = [at](const Tensor& m, const Tensor& g) { return select(Traced(m, at), 0.0, Traced(g, at)).tensor(); };
  return Traced(record("where", at, std::move(y), {Tensor(mask.tensor()), std::move(left), std::move(right)},
                       no_gradient, from<0>(rule_a), from<0>(rule_b)),
                at);
}

template <class F>
void differentiate(const F& f, Traced* x, std::size_t parts) {
  kernels::differentiate_apart(f, x, parts);
}
template <class F>
void differentiate(const F& f, Traced* a, Traced* b, std::size_t parts) {
  kernels::differentiate_apart(f, a, b, parts);
}
void choose_parts(const Traced& mask, Traced* a, Traced* b, std::size_t parts) {
  kernels::choose_apart(mask, a, b, parts);
}

#define XGRAD_UNARY(F)                                         \
  template Traced apply(const kernels::fn::F&, const Traced&); \
  template void differentiate(const kernels::fn::F&, Traced*, std::size_t);
#define XGRAD_BINARY(F)                                                       \
  template Traced apply(const kernels::fn::F&, const Traced&, const Traced&); \
  template void differentiate(const kernels::fn::F&, Traced*, Traced*, std::size_t);
XGRAD_EACH_CURVED_UNARY(XGRAD_UNARY)
XGRAD_EACH_FLAT_UNARY(XGRAD_UNARY)
XGRAD_EACH_CURVED_BINARY(XGRAD_BINARY)
XGRAD_EACH_FLAT_BINARY(XGRAD_BINARY)

}  // namespace xgrad::detail
