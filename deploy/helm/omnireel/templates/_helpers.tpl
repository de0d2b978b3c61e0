{{- define "omnireel.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "omnireel.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "omnireel.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "omnireel.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "omnireel.selector" -}}
app.kubernetes.io/name: {{ include "omnireel.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "omnireel.labels" -}}
{{ include "omnireel.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "omnireel.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "omnireel.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "omnireel.image" -}}
image: {{ printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end -}}

{{/* Nothing of ours speaks to the cluster. */}}
{{- define "omnireel.account" -}}
serviceAccountName: {{ include "omnireel.serviceAccount" . }}
automountServiceAccountToken: false
{{- end -}}

{{/* Every pod is an ordinary user's. */}}
{{- define "omnireel.pod" -}}
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "omnireel.container" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{/* What an attempt needs: settings, and the bucket. */}}
{{- define "omnireel.environment" -}}
envFrom:
  - configMapRef: {name: {{ include "omnireel.fullname" . }}}
env:
{{- if .Values.bucket.credentials }}
  - name: AWS_ACCESS_KEY_ID
    valueFrom: {secretKeyRef: {name: {{ .Values.secret }}, key: aws-access-key-id}}
  - name: AWS_SECRET_ACCESS_KEY
    valueFrom: {secretKeyRef: {name: {{ .Values.secret }}, key: aws-secret-access-key}}
{{- end }}
{{- end -}}

{{- define "omnireel.database" -}}
- name: OMNIREEL_DATABASE
  valueFrom: {secretKeyRef: {name: {{ .Values.secret }}, key: database}}
{{- end -}}

{{- define "omnireel.rayToken" -}}
- name: RAY_AUTH_MODE
  value: token
- name: RAY_AUTH_TOKEN
  valueFrom: {secretKeyRef: {name: {{ .Values.secret }}, key: ray-token}}
{{- end -}}

{{- define "omnireel.mounts" -}}
volumeMounts:
  - {name: data, mountPath: /data}
  - {name: cache, mountPath: /var/cache/omnireel}
  - {name: tmp, mountPath: /tmp}
{{- end -}}

{{- define "omnireel.volumes" -}}
volumes:
  - name: data
    emptyDir: {sizeLimit: {{ .scratch }}}
  - name: cache
    emptyDir: {sizeLimit: 1Gi}
  - name: tmp
    emptyDir: {sizeLimit: 5Gi}
{{- end -}}
