# premaster on a small Debian: see docs/ci/docker.md.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
COPY --from=build /source/target/release/premaster /usr/local/bin/premaster
COPY LICENSE-APACHE LICENSE-MIT /usr/share/doc/premaster/
USER 65534:65534
WORKDIR /work
ENTRYPOINT ["premaster"]
CMD ["--help"]
