// What travels between a test and the nodes it runs in other processes: JSON, with words for what
// JSON has none for. The runtimes' own serializers do not understand each other.

const MARK = "$fleet";

function mark(kind: string, value: unknown): object {
  return { [MARK]: kind, value };
}

function toPlain(value: unknown): unknown {
  if (value === undefined) {
    return mark("undefined", 0);
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    return mark("number", String(value));
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  if (value instanceof Date) {
    return mark("date", value.getTime());
  }
  if (value instanceof ArrayBuffer) {
    return mark("buffer", Buffer.from(value).toString("base64"));
  }
  if (ArrayBuffer.isView(value)) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return mark(Buffer.isBuffer(value) ? "node" : "bytes", bytes.toString("base64"));
  }
  if (Array.isArray(value)) {
    return value.map(toPlain);
  }
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, toPlain(each)]));
}

function fromPlain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(fromPlain);
  }
  const { [MARK]: kind, value: inner } = value as { [MARK]?: string; value?: unknown };
  const bytes = (): Buffer => Buffer.from(String(inner), "base64");
  switch (kind) {
    case "undefined":
      return undefined;
    case "number":
      return Number(inner);
    case "date":
      return new Date(Number(inner));
    case "node":
      return bytes();
    case "bytes":
      return new Uint8Array(bytes());
    case "buffer":
      return new Uint8Array(bytes()).buffer;
    default:
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fromPlain(each)]));
  }
}

/** One line for a message. */
export function encode(message: unknown): string {
  return `${JSON.stringify(toPlain(message))}\n`;
}

/** Collects chunks of text, and hands on each whole message. */
export function decoder<Message>(onMessage: (message: Message) => void): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      onMessage(fromPlain(JSON.parse(line)) as Message);
    }
  };
}

/** What a node says. */
export type FromNode =
  | { hello: number; url: string; pid: number }
  | { call: number; result: unknown }
  | { call: number; error: { message: string; name: string; responses?: unknown } };

/** What a node is told; `#close` closes its server. */
export interface ToNode {
  call: number;
  method: string;
  args: unknown[];
}
