set -eu
until mc alias set store http://minio.kubesplat.svc:9000 "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD"; do sleep 2; done
mc mb --ignore-existing store/kubesplat
mc ilm import store/kubesplat < /setup/lifecycle.json
mc admin policy create store kubesplat /setup/policy.json
mc admin user add store "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
# Attaching what is attached already is an error to mc, and fine here.
mc admin policy attach store kubesplat --user "$AWS_ACCESS_KEY_ID" || \
    mc admin user info store "$AWS_ACCESS_KEY_ID" | grep -q kubesplat
