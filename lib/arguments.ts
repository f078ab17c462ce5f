import { SocketIOError } from "./errors.ts";
import { describe } from "./validate.ts";

// The protocol puts a comma behind the name, and polling a record separator between packets.
const NAMESPACE_DELIMITERS = [",", "\u001e"];
const HIGHEST_PORT = 65_535;
const UNIX_SOCKET = /^\0.|\//;

/** Whether the first argument of `new Server()` is something to listen on, rather than options. */
export function isTarget(value: unknown): boolean {
  return typeof value !== "object" || value === null || "listen" in value || isBunServer(value);
}

function isBunServer(value: unknown): boolean {
  return typeof value === "object" && value !== null && "upgrade" in value && "stop" in value;
}

/** Where a server listens: a port, or the path of a unix socket. */
export type ListenTarget = { readonly port: number } | { readonly unix: string };

/**
 * Checks what `listen()` is to listen on.
 *
 * @param target a port, as a number or digits, or the path of a unix socket: a string with a slash,
 * or with a NUL before a name (an abstract socket of Linux)
 * @throws SocketIOError with `ERR_INVALID_ARGUMENT`
 */
export function toListenTarget(target: unknown): ListenTarget {
  return typeof target === "string" && UNIX_SOCKET.test(target)
    ? { unix: target }
    : { port: toPort(target) };
}

function toPort(port: unknown): number {
  const number = typeof port === "string" && port.trim() !== "" ? Number(port) : port;
  if (typeof number === "number" && Number.isInteger(number) && number >= 0) {
    if (number <= HIGHEST_PORT) {
      return number;
    }
  }
  if (typeof port === "function") {
    throw new SocketIOError(
      "ERR_INVALID_ARGUMENT",
      "got a request handler (an Express application?) where a server or a port belongs: " +
        "pass the server, http.createServer(application)",
    );
  }
  if (isBunServer(port)) {
    throw new SocketIOError(
      "ERR_INVALID_ARGUMENT",
      "a server of Bun cannot be joined once it runs: " +
        "start it with Bun.serve({ port, ...io.handler({ fetch }) })",
    );
  }
  throw new SocketIOError(
    "ERR_INVALID_ARGUMENT",
    `the port must be a whole number from 0 to ${HIGHEST_PORT}, the path of a unix socket, ` +
      `or a server of node:http, got ${describe(port)}`,
  );
}

/**
 * Checks the name of a namespace, and puts a slash before it where there is none.
 *
 * @param name the name
 * @throws SocketIOError with `ERR_INVALID_NAMESPACE`
 */
export function toNamespaceName(name: unknown): string {
  if (typeof name !== "string") {
    throw new SocketIOError(
      "ERR_INVALID_NAMESPACE",
      `the name of a namespace must be a string, got a value of type ${typeof name}`,
    );
  }
  const delimiter = NAMESPACE_DELIMITERS.find((each) => name.includes(each));
  if (delimiter !== undefined) {
    throw new SocketIOError(
      "ERR_INVALID_NAMESPACE",
      `the name ${JSON.stringify(name)} contains ${JSON.stringify(delimiter)}, ` +
        "which ends a namespace on the wire",
    );
  }
  return name.startsWith("/") ? name : `/${name}`;
}

/**
 * Checks the arguments of `new Server()`.
 *
 * @param options the options
 * @param surplus what was given behind options, where nothing to listen on belongs
 * @throws SocketIOError with `ERR_INVALID_ARGUMENT`
 */
export function requireOptions(options: unknown, surplus: unknown): void {
  if (typeof options !== "object") {
    throw new SocketIOError(
      "ERR_INVALID_ARGUMENT",
      `the options must be an object, got ${describe(options)}`,
    );
  }
  if (surplus !== undefined && isTarget(surplus)) {
    throw new SocketIOError(
      "ERR_INVALID_ARGUMENT",
      "what to listen on goes first: new Server(port, options) or new Server(httpServer, options)",
    );
  }
}
