// What the proxies have recorded of one name, as sections of a transcript.

import type { Names } from "../names.ts";
import type { Sections } from "../sections.ts";
import { type Exchange, readExchanges } from "./exchange.ts";
import { headerOf } from "./http.ts";
import { readPayload } from "./payload.ts";
import type { Wiretap } from "./wiretap.ts";
import { describeRequest } from "./requests.ts";
import { WireSession } from "./session.ts";

const OPEN = /^0\{"sid":"([^"]+)"/;
const CONNECTED = /^40(\/[^,?]*)?(?:\?[^,]*)?,?\{"sid":"([^"]+)"(?:,"pid":"([^"]+)")?/;
/** Shorter ids are those of a scenario, and may be part of anything. */
const MIN_ID_LENGTH = 8;

/**
 * Adds the sections of one name, and gives names to the ids that it finds.
 *
 * @param isStock whether a stock client was at work, which ends as it likes
 */
export function writeWire(
  who: string,
  tap: Wiretap,
  isStock: boolean,
  names: Names,
  sections: Sections,
): void {
  const exchanges = tap.connections
    .flatMap((tapes) => readExchanges(tapes))
    .sort((a, b) => a.askedAt - b.askedAt);
  const sessions = new Map<string, WireSession>();
  const others = new Set<string>();
  for (const exchange of exchanges) {
    const sid = exchange.target.searchParams.get("sid") || openedBy(exchange);
    const session = sid === null ? undefined : sessions.get(sid);
    if (session !== undefined) {
      session.add(exchange);
    } else if (sid !== null && openedBy(exchange) === sid) {
      sessions.set(sid, new WireSession(sid, exchange, isStock));
      nameId(names, sid, `${who} sid`);
    } else {
      for (const line of describeRequest(exchange)) {
        others.add(line);
      }
    }
  }
  for (const [index, session] of [...sessions.values()].entries()) {
    const title = `${who}: session ${index + 1}`;
    nameSockets(who, session, names);
    sections.add(`${title}, to the server`, ...session.toServer);
    sections.add(`${title}, to the client`, ...session.toClient);
    sections.add(`${title}, requests`, ...session.requests);
  }
  sections.add(`${who}: other requests`, ...[...others].sort());
}

/** The id of the session that an exchange has opened. */
function openedBy({ answer, status, webSocket, target }: Exchange): string | null {
  if (target.searchParams.has("sid") || answer === null) {
    return null;
  }
  const first =
    webSocket === null
      ? status === 200 && firstPacket(answer.body, target, headerOf(answer, "content-type"))
      : webSocket.toClient[0]?.payload.toString();
  return (typeof first === "string" && OPEN.exec(first)?.[1]) || null;
}

function firstPacket(body: Buffer, target: URL, contentType: string | undefined): string | null {
  const [first] = readPayload(body, target.searchParams.get("EIO") ?? "3", contentType);
  return typeof first === "string" ? first : null;
}

/** The name of a socket's id. */
export function idName(who: string, namespace: string): string {
  return namespace === "/" ? `${who} id` : `${who} id ${namespace}`;
}

function nameSockets(who: string, session: WireSession, names: Names): void {
  for (const packet of session.toClient) {
    const [, namespace = "/", sid = "", pid = ""] = CONNECTED.exec(packet) ?? [];
    nameId(names, sid, idName(who, namespace));
    nameId(names, pid, namespace === "/" ? `${who} pid` : `${who} pid ${namespace}`);
  }
}

function nameId(names: Names, id: string, name: string): void {
  if (id.length >= MIN_ID_LENGTH) {
    names.add(id, name);
  }
}
