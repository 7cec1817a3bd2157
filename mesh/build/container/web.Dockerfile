# The server as a web server on port 8080, for Fargate or any other host of containers. With the
# AWS Lambda Web Adapter, which only Lambda starts, the same image runs on Lambda too.
ARG ADAPTER=public.ecr.aws/awsguru/aws-lambda-adapter:1.0.1
ARG BASE=public.ecr.aws/lambda/python:3.13

FROM ${ADAPTER} AS adapter

FROM ${BASE} AS unpacked
# The zip that `mesh build --container` wrote beside this file.
ARG ZIP
COPY ${ZIP} /tmp/server.zip
RUN python3 -m zipfile -e /tmp/server.zip /server

FROM ${BASE}
COPY --from=adapter /lambda-adapter /opt/extensions/lambda-adapter
COPY --from=unpacked /server/ ${LAMBDA_TASK_ROOT}/
ENV AWS_LWA_INVOKE_MODE=response_stream \
    AWS_LWA_PORT=8080 \
    AWS_LWA_READINESS_CHECK_PATH=/health
# Nobody: the server writes to /tmp only.
USER 65534:65534
EXPOSE 8080
ENTRYPOINT ["/bin/sh", "/var/task/mesh/runtime/web_adapter"]
