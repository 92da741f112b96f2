#pragma once

#include <map>
#include <sstream>
#include <string>

#include <xgrad/nn/nn.hpp>

/// What pooling, padding and resizing layers print, by the expressions that make them in PyTorch.
inline std::map<std::string, std::string> pooling_texts() {
  using namespace xgrad;
  using namespace xgrad::nn;
  const auto text = [](const ModuleBase& module) {
    std::ostringstream out;
    out << module;
    return out.str();
  };
  return {
      {"MaxPool1d(2)", text(MaxPool1d(2))},
      {"MaxPool1d(3, stride=2, padding=1, dilation=2, ceil_mode=True)",
       text(MaxPool1d(3, MaxPool1d::Options().stride(2).padding(1).dilation(2).ceil_mode(true)))},
      {"MaxPool2d(2)", text(MaxPool2d(2))},
      {"MaxPool2d(2, 2)", text(MaxPool2d(2, 2))},
      {"MaxPool2d((3, 2), stride=(2, 1), padding=(1, 0), dilation=1, ceil_mode=True)",
       text(MaxPool2d({3, 2}, MaxPool2d::Options().stride({2, 1}).padding({1, 0}).dilation(1).ceil_mode(true)))},
      {"MaxPool3d(2)", text(MaxPool3d(2))},
      {"AvgPool1d(2)", text(AvgPool1d(2))},
      {"AvgPool2d(2)", text(AvgPool2d(2))},
      {"AvgPool2d((3, 2), stride=(2, 1), padding=(1, 0), ceil_mode=True)",
       text(AvgPool2d({3, 2}, AvgPool2d::Options().stride({2, 1}).padding({1, 0}).ceil_mode(true)))},
      {"AvgPool2d(3, 2, divisor_override=4, count_include_pad=False)",
       text(AvgPool2d(3, AvgPool2d::Options().stride(2).divisor_override(4).count_include_pad(false)))},
      {"AvgPool3d(2)", text(AvgPool3d(2))},
      {"LPPool1d(2, 3)", text(LPPool1d(2, 3))},
      {"LPPool2d(2, 3, stride=2)", text(LPPool2d(2, 3, LPPool2d::Options().stride(2)))},
      {"LPPool2d(1.5, (3, 2))", text(LPPool2d(1.5, {3, 2}))},
      {"LPPool3d(2, 2)", text(LPPool3d(2, 2))},
      {"AdaptiveAvgPool1d(5)", text(AdaptiveAvgPool1d(5))},
      {"AdaptiveAvgPool2d(1)", text(AdaptiveAvgPool2d(1))},
      {"AdaptiveAvgPool2d((5, 7))", text(AdaptiveAvgPool2d({5, 7}))},
      {"AdaptiveAvgPool2d((None, 7))", text(AdaptiveAvgPool2d({-1, 7}))},
      {"AdaptiveAvgPool3d(2)", text(AdaptiveAvgPool3d(2))},
      {"AdaptiveMaxPool1d(5)", text(AdaptiveMaxPool1d(5))},
      {"AdaptiveMaxPool2d((5, 7))", text(AdaptiveMaxPool2d({5, 7}))},
      {"AdaptiveMaxPool3d((5, 7, None))", text(AdaptiveMaxPool3d({5, 7, -1}))},
      {"MaxUnpool1d(2)", text(MaxUnpool1d(2))},
      {"MaxUnpool2d(2)", text(MaxUnpool2d(2))},
      {"MaxUnpool2d(3, stride=2, padding=1)", text(MaxUnpool2d(3, MaxUnpool2d::Options().stride(2).padding(1)))},
      {"MaxUnpool3d(2)", text(MaxUnpool3d(2))},
      {"ZeroPad1d(2)", text(ZeroPad1d(2))},
      {"ZeroPad2d(1)", text(ZeroPad2d(1))},
      {"ZeroPad2d((1, 2, 3, 4))", text(ZeroPad2d({1, 2, 3, 4}))},
      {"ZeroPad3d(1)", text(ZeroPad3d(1))},
      {"ConstantPad1d(2, 3.5)", text(ConstantPad1d(2, 3.5))},
      {"ConstantPad2d((1, 2, 3, 4), 1)", text(ConstantPad2d({1, 2, 3, 4}, 1))},
      {"ConstantPad3d(1, 0)", text(ConstantPad3d(1, 0))},
      {"ReflectionPad1d(2)", text(ReflectionPad1d(2))},
      {"ReflectionPad2d((1, 2, 3, 4))", text(ReflectionPad2d({1, 2, 3, 4}))},
      {"ReflectionPad3d(1)", text(ReflectionPad3d(1))},
      {"ReplicationPad1d(2)", text(ReplicationPad1d(2))},
      {"ReplicationPad2d(1)", text(ReplicationPad2d(1))},
      {"ReplicationPad3d(1)", text(ReplicationPad3d(1))},
      {"CircularPad1d(2)", text(CircularPad1d(2))},
      {"CircularPad2d(1)", text(CircularPad2d(1))},
      {"CircularPad3d(1)", text(CircularPad3d(1))},
      {"PixelShuffle(2)", text(PixelShuffle(2))},
      {"PixelUnshuffle(3)", text(PixelUnshuffle(3))},
      {"ChannelShuffle(2)", text(ChannelShuffle(2))},
      {"Upsample(scale_factor=2)", text(Upsample(Upsample::Options().scale_factor(2)))},
      {"Upsample(scale_factor=(2, 1.5), mode='bilinear', align_corners=True)",
       text(Upsample(Upsample::Options().scale_factor({2, 1.5}).mode(InterpolateMode::bilinear).align_corners(true)))},
      {"Upsample(size=4)", text(Upsample(Upsample::Options().size(4)))},
      {"Upsample(size=(4, 5), mode='bicubic')",
       text(Upsample(Upsample::Options().size({4, 5}).mode(InterpolateMode::bicubic)))},
      {"UpsamplingNearest2d(scale_factor=2)",
       text(UpsamplingNearest2d(UpsamplingNearest2d::Options().scale_factor(2)))},
      {"UpsamplingBilinear2d(size=(4, 5))", text(UpsamplingBilinear2d(UpsamplingBilinear2d::Options().size({4, 5})))},
      {"Unfold(3)", text(Unfold(3))},
      {"Unfold((3, 2), dilation=1, padding=1, stride=(2, 1))",
       text(Unfold({3, 2}, Unfold::Options().dilation(1).padding(1).stride({2, 1})))},
      {"Fold(4, 2)", text(Fold(4, 2))},
      {"Fold((4, 5), (2, 3), dilation=1, padding=1, stride=2)",
       text(Fold({4, 5}, {2, 3}, Fold::Options().dilation(1).padding(1).stride(2)))},
  };
}
