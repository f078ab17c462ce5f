#!/usr/bin/env bun
// The program of the package: bunx bun-socket.io.
import "./cli.ts";
