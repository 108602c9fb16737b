# The workbook in a container, with the packages of constraints.txt:
#   docker build -t zeiler-workbook . && docker run --rm -p 8888:8888 zeiler-workbook
# For a JupyterHub add --build-arg JUPYTERHUB=VERSION, the hub's own, and let the hub's spawner open
# the folder below. tools/follow_dockerfile.py does the same steps without Docker.
FROM python:3.12-slim

# A user that is not root, with the number that Binder and most hubs give it.
ARG NB_USER=jovyan
ARG NB_UID=1000
ENV HOME=/home/${NB_USER}
RUN adduser --disabled-password --gecos "" --uid ${NB_UID} ${NB_USER} \
    && mkdir -p /srv/zeiler-workbook && chown ${NB_UID}:${NB_UID} /srv/zeiler-workbook

WORKDIR /srv/zeiler-workbook
COPY --chown=${NB_UID}:${NB_UID} . .
ARG JUPYTERHUB=
RUN pip install --no-cache-dir -c constraints.txt -e '.[lab]' ${JUPYTERHUB:+jupyterhub==${JUPYTERHUB}}

USER ${NB_USER}
# Where a large photograph's upload is allowed; whoever starts the server otherwise needs it too.
ENV JUPYTER_CONFIG_PATH=/srv/zeiler-workbook/tools/jupyter
# What was needed for one picture goes back at once: 5 to 8 % less memory.
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=262144 MALLOC_TRIM_THRESHOLD_=262144
EXPOSE 8888
CMD ["python", "tools/lab.py", "--no-browser", "--ip=0.0.0.0", "--port=8888"]
