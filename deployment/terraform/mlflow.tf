# What a Terraform configuration of ForgeTrace takes of the release: `module.mlflow.image`.
# The version is a pin of config/mlflow_release.yaml, which `runner bump` changes with all others.

variable "mlflow_version" {
  description = "The release of MLflow that is deployed."
  type        = string
  default     = "3.17.2"
}

variable "registry" {
  description = "Where images are pulled from, with a slash at its end; empty for those of the node."
  type        = string
  default     = ""
}

output "image" {
  description = "The image of the release."
  value       = "${var.registry}forgetrace/mlflow:v${var.mlflow_version}"
}
