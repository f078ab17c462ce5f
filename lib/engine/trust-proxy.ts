import { isIP } from "node:net";
import proxyAddr from "proxy-addr";
import { throwLater } from "../errors.ts";
import type { Check } from "../validate.ts";
import { addressOfPeer, type EngineRequest } from "./request.ts";

/**
 * Which proxies are believed what they say of the client's address, in `X-Forwarded-For`: as the
 * setting `trust proxy` of Express.
 *
 * - a number: how many there are one behind the other, the one that connects to the server first
 * - addresses, networks (`"10.0.0.0/8"`) and names (`"loopback"`, `"linklocal"`, `"uniquelocal"`):
 *   a list, or a string with commas
 * - a function `(address, hop)`: whether the proxy of that address, the given number of hops away
 *   from the server, is believed
 * - `true`: all; for a proxy that overwrites the header, as else clients write into it what they like
 */
export type TrustProxy =
  | boolean
  | number
  | string
  | readonly string[]
  | ((address: string, hop: number) => boolean);

/** Says whether the peer at an address, so many hops away from the server, is believed. */
export type Trust = (address: string, hop: number) => boolean;

const NAMES: readonly string[] = ["loopback", "linklocal", "uniquelocal"];

/** The check of the option. */
export const isTrustProxy: Check = {
  expected:
    "a number of proxies, a list of addresses, networks, loopback, linklocal and uniquelocal, " +
    "a function or a boolean",
  accepts(value) {
    switch (typeof value) {
      case "boolean":
      case "function":
        return true;
      case "number":
        return Number.isSafeInteger(value) && value >= 0;
      default:
        return isList(value) && areAddresses(value);
    }
  },
};

function isList(value: unknown): value is string | readonly string[] {
  return (
    typeof value === "string" ||
    (Array.isArray(value) && value.every((item) => typeof item === "string"))
  );
}

function areAddresses(list: string | readonly string[]): boolean {
  const items = toItems(list);
  // The package takes "1", a number of the environment, for the address 0.0.0.1.
  if (!items.every((item) => NAMES.includes(item) || isIP(item.split("/")[0] ?? "") > 0)) {
    return false;
  }
  try {
    proxyAddr.compile(items);
    return true;
  } catch {
    return false;
  }
}

function toItems(list: string | readonly string[]): string[] {
  return (typeof list === "string" ? list.split(",") : [...list]).map((item) => item.trim());
}

/**
 * Makes a function of the option.
 *
 * @param given the option, checked
 * @returns null where nobody is believed
 */
export function compileTrust(given: TrustProxy | undefined): Trust | null {
  switch (typeof given) {
    case "undefined":
      return null;
    case "boolean":
      return given ? () => true : null;
    case "number":
      return given === 0 ? null : (_address, hop) => hop < given;
    case "function":
      return guard(given);
    default:
      return proxyAddr.compile(toItems(given));
  }
}

/** A function of the user's that fails believes nobody. */
function guard(given: Trust): Trust {
  return (address, hop) => {
    try {
      return given(address, hop);
    } catch (error) {
      throwLater(error);
      return false;
    }
  };
}

/**
 * The address of the client that a request comes from: the first, seen from the server, of a peer
 * that is not believed. What is no address counts for nothing, nor does what stands before it.
 *
 * @param request the request
 * @param trust see {@link compileTrust}
 * @returns undefined on a unix socket whose other end is not believed
 */
export function findClientAddress(request: EngineRequest, trust: Trust | null): string | undefined {
  const peer = addressOfPeer(request);
  if (trust === null || request.headers["x-forwarded-for"] === undefined) {
    return peer;
  }
  // The addresses in the order of the hops. The peer has none on a unix socket.
  const trustAny: Trust = (address, hop) => trust(withoutPort(address ?? ""), hop);
  const hops = proxyAddr.all(request, trustAny).slice(1).map(withoutPort);
  const bad = hops.findIndex((address) => isIP(address) === 0);
  return (bad === -1 ? hops : hops.slice(0, bad)).at(-1) ?? peer;
}

// Some proxies tell the port as well: "192.0.2.1:1234", "[2001:db8::1]:1234".
const WITH_PORT = /^(?:\[([\d.:a-fA-F]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d+)?$/;

function withoutPort(address: string): string {
  const match = WITH_PORT.exec(address);
  return match?.[1] ?? match?.[2] ?? address;
}
