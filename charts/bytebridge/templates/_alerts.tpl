{{/* The groups of a PrometheusRule, and of Google's Rules, which have the same form but must name an interval. */}}
{{- define "bytebridge.alertGroups" -}}
{{- $runbook := .Values.prometheusRule.runbookUrl -}}
- name: bytebridge
  interval: 30s
  rules:
    {{- range (tpl (.Files.Get "files/alerts.yaml") . | fromYamlArray) }}
    - alert: {{ .alert }}
      expr: {{ .expr | quote }}
      for: {{ .for }}
      labels: {severity: {{ .severity }}}
      annotations:
        summary: {{ .summary | quote }}
        {{- if $runbook }}
        runbook_url: {{ printf "%s#%s" $runbook (lower .alert) | quote }}
        {{- else }}
        runbook: {{ printf "docs/operations.md#%s" (lower .alert) | quote }}
        {{- end }}
    {{- end }}
{{- end -}}
