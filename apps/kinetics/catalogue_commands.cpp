#include "apps/kinetics/commands.h"
#include "kinetics/core/error.h"
#include "kinetics/io/catalogue.h"
#include "kinetics/render/hardware.h"
#include "kinetics/render/model.h"

namespace kinetics::app {

Status RunModel(const ModelArgs& args, const Streams& streams) {
  std::vector<Model> models;
  for (NamedModel& named : SelectModels(args.models.empty() ? ModelNames() : args.models)) {
    named.model.name = named.name;
    if (!named.model.parameters) {
      Note("model " + named.name + ": there is no formula for the parameters of type " +
               named.model.model_type,
           streams);
    }
    models.push_back(std::move(named.model));
  }
  ModelView view = {.kv_dtype = args.kv_dtype,
                    .context_tokens = args.context_tokens,
                    .hardware = {},
                    .gpus = args.deployment.gpus,
                    .cost = {.weight_dtype = args.weight_dtype},
                    .memory = args.deployment.memory};
  if (models.size() > 1 && !args.hardware.empty()) {
    throw UsageError("--hardware: what fits is said of one model at a time");
  }
  for (const std::string& name : args.hardware) {
    view.hardware.push_back(LoadHardware(name));
  }
  const OutputArgs& output = args.output;
  const std::string report = models.size() == 1
                                 ? RenderModel(models.front(), view, output.format, output.made_by)
                                 : RenderModels(models, view, output.format, output.made_by);
  Emit(report, output, streams);
  return Status::kDone;
}

Status RunHardware(const HardwareArgs& args, const Streams& streams) {
  std::vector<Hardware> devices;
  for (const std::string& name : args.hardware.empty() ? HardwareNames() : args.hardware) {
    devices.push_back(LoadHardware(name));
  }
  const OutputArgs& output = args.output;
  const std::string report = devices.size() == 1
                                 ? RenderHardware(devices.front(), output.format, output.made_by)
                                 : RenderHardwareList(devices, output.format, output.made_by);
  Emit(report, output, streams);
  return Status::kDone;
}

}  // namespace kinetics::app
