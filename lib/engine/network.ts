import { isIPv4, isIPv6 } from "node:net";

const GROUPS = 8;
/** Of 16 bits each: providers give every customer 64 bits, or more, to choose addresses of. */
const NETWORK_GROUPS = 4;
/** What stands before an IPv4 address that is written as one of IPv6. */
const MAPPED = [0, 0, 0, 0, 0, 0xffff];

/**
 * What an address counts as where clients are told apart by it: one of IPv6 as its network of 64 bits,
 * all of whose addresses may be one client's; one of IPv4 as itself, however it is written.
 *
 * @param address as `handshake.address` has it
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) {
    return address;
  }
  const [withoutZone = ""] = address.split("%");
  const groups = expand(withoutZone);
  if (MAPPED.every((group, index) => groups[index] === group)) {
    return groups
      .slice(MAPPED.length)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join(".");
  }
  const network = groups.slice(0, NETWORK_GROUPS).map((group) => group.toString(16));
  return `${network.join(":")}::/64`;
}

function expand(address: string): number[] {
  const [head = [], tail = []] = address.split("::").map(toGroups);
  return [...head, ...Array<number>(GROUPS - head.length - tail.length).fill(0), ...tail];
}

function toGroups(text: string): number[] {
  const parts = text === "" ? [] : text.split(":");
  return parts.flatMap((part) => (isIPv4(part) ? pairsOf(part) : [Number.parseInt(part, 16)]));
}

function pairsOf(ipv4: string): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split(".").map(Number);
  return [a * 256 + b, c * 256 + d];
}
