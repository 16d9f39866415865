{{/* Autodiscovery of Datadog's agent: https://docs.datadoghq.com/containers/kubernetes/prometheus/. Its own tags `namespace` and `service` are the operator's. */}}
{{- define "bytebridge.datadog" -}}
{{- if .Values.datadog.enabled -}}
{{- $labels := dict "namespace" "scaled_namespace" "service" "scaled_service" -}}
{{- $instance := dict "openmetrics_endpoint" "http://%%host%%:8080/metrics" "namespace" "bytebridge" "raw_metric_prefix" "bytebridge_" "metrics" (list ".+") "rename_labels" $labels -}}
ad.datadoghq.com/operator.checks: {{ dict "openmetrics" (dict "init_config" dict "instances" (list $instance)) | toJson | quote }}
{{- end -}}
{{- end -}}
