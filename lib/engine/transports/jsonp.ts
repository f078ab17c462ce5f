import { parse } from "node:querystring";
import { answerHeaders, type BodyForm } from "./polling-body.ts";

// The client writes a line feed as `\n`, as browsers turn it into two characters when they submit a
// form, and therefore a backslash with an `n` as `\\n`.
const ESCAPED = /(\\?)\\n/g;

const SCRIPT_HEADERS = answerHeaders("text/javascript; charset=UTF-8");

/**
 * Polling by script elements and forms, for browsers without cross-origin requests: an answer is a
 * script that calls a function of the page, and a request is a form with one field.
 *
 * Source: Engine.IO protocol revision 3, "JSONP".
 *
 * @param index the query parameter `j`, which tells the function
 */
export function jsonpBody(index: string): BodyForm {
  // Whoever made the request, nothing but digits of it may come back as a script.
  const call = `___eio[${index.replace(/\D/g, "")}]`;
  return {
    // The reference says text/plain, which browsers do not run under `nosniff`.
    headers: () => SCRIPT_HEADERS,
    wrap: (payload) => `${call}(${toScript(payload.toString())});`,
    unwrap(body) {
      const { d } = parse(body.toString());
      return typeof d === "string" ? d.replace(ESCAPED, unescapeLineFeed) : null;
    },
  };
}

/** A string literal; these two characters end a line in older JavaScript, but not in JSON. */
function toScript(text: string): string {
  return JSON.stringify(text).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

function unescapeLineFeed(_escaped: string, backslash: string): string {
  return backslash === "" ? "\n" : "\\n";
}
