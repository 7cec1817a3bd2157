# The server as a Lambda function in a container image. AWS's base image includes the emulator:
# run anywhere else, the image answers invocations on port 8080.
ARG BASE=public.ecr.aws/lambda/python:3.13

FROM ${BASE} AS unpacked
# The zip that `mesh build --container` wrote beside this file.
ARG ZIP
COPY ${ZIP} /tmp/server.zip
RUN python3 -m zipfile -e /tmp/server.zip /server

FROM ${BASE}
COPY --from=unpacked /server/ ${LAMBDA_TASK_ROOT}/
CMD ["mesh.runtime.handler.handler"]
