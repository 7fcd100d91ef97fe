# The image has a shell and mc, but neither grep nor sed.
set -eu
until mc alias set store http://minio.kubesplat.svc:9000 "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD"; do sleep 2; done
mc mb --ignore-existing store/kubesplat
# MinIO deletes unfinished uploads after a day by default.
mc ilm import store/kubesplat < /setup/lifecycle.json
mc admin policy create store kubesplat /setup/policy.json
mc admin user add store "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
# Some versions of mc report an error for a policy that is attached already.
mc admin policy attach store kubesplat --user "$AWS_ACCESS_KEY_ID" ||
    case "$(mc --json admin user info store "$AWS_ACCESS_KEY_ID")" in
        *'"policyName":"kubesplat"'* | *'"policyName": "kubesplat"'*) ;;
        *) exit 1 ;;
    esac
