import type { Answer } from "../engine/exchange.ts";
import { throwLater } from "../errors.ts";
import type { OutgoingHeaders } from "../response-head.ts";

/** Whether a client that sends this header `Connection` asks for it to be closed. */
export function closes(connection: string): boolean {
  return /(?:^|,)\s*close\s*(?:,|$)/i.test(connection);
}

/**
 * Makes the web `Response` of an answer.
 *
 * @param answer status, headers, body
 * @param isLast whether the client asked for the connection to be closed: it has to be told that it
 * will be, or Node's HTTP agent uses the dead connection again
 */
export function toResponse({ status, headers, body }: Answer, isLast: boolean): Response {
  let list = preparedHeaders(headers);
  if (isLast) {
    list = toHeaders(headers);
    list.set("Connection", "close");
  }
  // No body here is of shared memory, which is what keeps the types of some projects from this.
  return new Response(body as string | Uint8Array<ArrayBuffer> | null, { status, headers: list });
}

/** The same; with the status 500 where what a user's function has set makes that impossible. */
export function toResponseAtLast(answer: Answer, isLast: boolean): Response {
  try {
    return toResponse(answer, isLast);
  } catch (error) {
    throwLater(error); // of a header, or a status that Bun does not know
    return new Response(null, { status: 500 });
  }
}

/** The same for a file, which may take time to be read. */
export function answerFile(
  file: Answer | Promise<Answer>,
  isLast: boolean,
): Response | Promise<Response> {
  return file instanceof Promise
    ? file.then((answer) => toResponse(answer, isLast))
    : toResponse(file, isLast);
}

/** The `Headers` of objects that cannot change; never changed, as a `Response` makes a copy. */
const prepared = new WeakMap<Readonly<OutgoingHeaders>, Headers>();

/** The same as {@link toHeaders}, made once for what is answered time and again. Not to be changed. */
function preparedHeaders(headers: Readonly<OutgoingHeaders>): Headers {
  let list = prepared.get(headers);
  if (list === undefined) {
    list = toHeaders(headers);
    if (Object.isFrozen(headers)) {
      prepared.set(headers, list);
    }
  }
  return list;
}

/** The web `Headers` of an answer. */
export function toHeaders(headers: Readonly<OutgoingHeaders>): Headers {
  const list = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string" && name.toLowerCase() !== "set-cookie") {
      list.set(name, value);
    } else {
      // Of all headers, cookies add up, under whatever spelling of the name they were set.
      for (const each of typeof value === "string" ? [value] : value) {
        list.append(name, each);
      }
    }
  }
  return list;
}
