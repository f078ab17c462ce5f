// Requests and answers as lines of a transcript.

import { renderBytes, renderLine, shorten } from "../render.ts";
import type { Exchange, TimedMessage } from "./exchange.ts";

/** Headers that say nothing of the server, or depend on the moment. */
const IGNORED = new Set([
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "sec-websocket-accept",
  "transfer-encoding",
  "upgrade",
]);
/** Parameters of the query that are random. */
const RANDOM_PARAMETERS = ["t"];
const CLOSE = 8;

/** The path and the query of a request, without what is random. */
export function describeTarget({ target }: Exchange): string {
  const query = new URLSearchParams(target.search);
  for (const name of RANDOM_PARAMETERS) {
    query.delete(name);
  }
  return target.pathname + (query.size > 0 ? `?${query}` : "");
}

/** The status, the headers and, if wished, the body of an answer: a line each. */
export function describeAnswer(exchange: Exchange, withBody: boolean): string[] {
  const { answer, status } = exchange;
  if (answer === null) {
    return ["(no answer)"];
  }
  const headers = answer.headers
    .filter(([name, value]) => !IGNORED.has(name) || (name === "content-length" && value === "0"))
    .map(([name, value]) => `${status} ${name}: ${value}`)
    .sort();
  const text = answer.body.toString();
  const isText = Buffer.from(text).equals(answer.body);
  const body = isText ? shorten(JSON.stringify(text)) : `<binary ${renderBytes(answer.body)}>`;
  return [
    String(status),
    ...headers,
    ...(withBody && text !== "" ? [`${status} body ${body}`] : []),
  ];
}

/** A request that belongs to no session: what was asked and what came of it. */
export function describeRequest(exchange: Exchange): string[] {
  const what = `${exchange.method} ${describeTarget(exchange)}`;
  const lines = describeAnswer(exchange, true).map((line) => `${what} -> ${line}`);
  const frames = exchange.webSocket?.toClient.map((frame) => `${what} -> ${describeFrame(frame)}`);
  return [...lines, ...(frames ?? [])];
}

function describeFrame({ opcode, payload }: TimedMessage): string {
  if (opcode === CLOSE) {
    const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    return renderLine("close", [code, payload.toString("utf8", 2)]);
  }
  return opcode === 1 ? renderLine("text", [payload.toString()]) : `opcode ${opcode}`;
}
