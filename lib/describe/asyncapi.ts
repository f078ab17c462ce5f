import type { DescribedArgument, DescribedContract, DescribedEvent } from "./described.ts";
import { type JsonSchema, mapReferences } from "./json-schema.ts";

// Source: https://www.asyncapi.com/docs/reference/specification/v3.0.0

/** What the document says of the application. */
export interface DocumentInfo {
  readonly title: string;
  readonly version: string;
  readonly description?: string | undefined;
}

interface Reference {
  readonly $ref: string;
}

interface Message {
  readonly name: string;
  readonly description?: string | undefined;
  readonly payload: object;
  /** How many arguments the event has: one is the payload itself, several are a list. */
  readonly "x-arguments"?: number;
}

interface Operation {
  readonly action: "receive" | "send";
  readonly channel: Reference;
  readonly description?: string | undefined;
  readonly messages: readonly Reference[];
  readonly reply?: { readonly channel: Reference; readonly messages: readonly Reference[] };
}

/** A document, as far as it is of interest here. */
export interface AsyncApiDocument {
  readonly asyncapi: "3.0.0";
  readonly info: DocumentInfo;
  readonly defaultContentType: "application/json";
  readonly channels: Record<string, object>;
  readonly operations: Record<string, Operation>;
  readonly components: { readonly schemas: Record<string, object> };
}

const REFUSAL = {
  type: "object",
  description: "Why an event was refused.",
  properties: {
    code: { type: "string" },
    event: { type: "string" },
    issues: {
      type: "array",
      items: {
        type: "object",
        properties: {
          message: { type: "string" },
          path: { type: "array", items: { type: ["string", "number"] } },
        },
        required: ["message", "path"],
      },
    },
  },
  required: ["code", "event", "issues"],
};

/**
 * Writes an AsyncAPI 3 document of the server: a channel for each contract, and an operation for each event.
 *
 * @param contracts the contracts
 * @param info what the document says of the application
 */
export function toAsyncApi(
  contracts: readonly DescribedContract[],
  info: DocumentInfo,
): AsyncApiDocument {
  const writer = new DocumentWriter();
  for (const contract of contracts) {
    writer.add(contract);
  }
  return {
    asyncapi: "3.0.0",
    info,
    defaultContentType: "application/json",
    channels: writer.channels,
    operations: writer.operations,
    components: { schemas: { Refusal: REFUSAL, ...writer.schemas } },
  };
}

class DocumentWriter {
  readonly channels: Record<string, object> = {};
  readonly operations: Record<string, Operation> = {};
  readonly schemas: Record<string, object> = {};

  add(contract: DescribedContract): void {
    const channel = freeKey(this.channels, contract.name);
    const messages: Record<string, Message> = {};
    const refusal = { name: "error", payload: { $ref: "#/components/schemas/Refusal" } };
    this.channels[channel] = {
      ...addressOf(contract.namespace),
      ...(contract.description === undefined ? {} : { description: contract.description }),
      messages,
      ...(contract.auth === undefined
        ? {}
        : { "x-auth": this.#addSchema(`${channel}.auth`, contract.auth) }),
    };
    const sides = [
      ["receive", "clientToServer"],
      ["send", "serverToClient"],
    ] as const;
    for (const [action, side] of sides) {
      for (const event of contract[side]) {
        this.#addEvent(channel, messages, action, side, event);
      }
    }
    messages.refusal = refusal;
    const key = freeKey(this.operations, `${channel}.refusal`);
    this.operations[key] = {
      action: "send",
      channel: { $ref: `#/channels/${channel}` },
      description: "An event that asked for no acknowledgement was refused.",
      messages: [{ $ref: `#/channels/${channel}/messages/refusal` }],
    };
  }

  #addEvent(
    channel: string,
    messages: Record<string, Message>,
    action: Operation["action"],
    side: string,
    { name, description, args, ack }: DescribedEvent,
  ): void {
    const key = freeKey(messages, `${side}.${name}`);
    const about = description === undefined ? {} : { description };
    const refer = (message: string): Reference => ({
      $ref: `#/channels/${channel}/messages/${message}`,
    });
    messages[key] = {
      name,
      ...about,
      payload: this.#payload(`${channel}.${key}`, args),
      "x-arguments": args.length,
    };
    const operation: Operation = {
      action,
      channel: { $ref: `#/channels/${channel}` },
      ...about,
      messages: [refer(key)],
    };
    if (ack === undefined) {
      this.operations[`${channel}.${key}`] = operation;
      return;
    }
    const ackKey = freeKey(messages, `${side}.${name}.ack`);
    messages[ackKey] = {
      name: `${name} (acknowledgement)`,
      payload: this.#payload(`${channel}.${ackKey}`, [ack]),
    };
    const replies = [refer(ackKey), ...(action === "receive" ? [refer("refusal")] : [])];
    this.operations[`${channel}.${key}`] = {
      ...operation,
      reply: { channel: { $ref: `#/channels/${channel}` }, messages: replies },
    };
  }

  #payload(key: string, args: readonly DescribedArgument[]): object {
    const [only] = args;
    if (args.length === 1 && only !== undefined) {
      return this.#addSchema(key, only.schema);
    }
    if (args.length === 0) {
      return { type: "array", maxItems: 0 };
    }
    return {
      type: "array",
      items: args.map(({ schema }, index) => this.#addSchema(`${key}.${index}`, schema)),
      minItems: args.findLastIndex((arg) => !arg.isOptional) + 1,
      maxItems: args.length,
      additionalItems: false,
    };
  }

  /** Schemas refer to their own root: they are kept where that has a place in the document. */
  #addSchema(name: string, schema: JsonSchema): Reference {
    const key = freeKey(this.schemas, name);
    const root = `#/components/schemas/${key}`;
    this.schemas[key] = mapReferences(schema, (reference) =>
      reference.startsWith("#") ? `${root}${reference.slice(1)}` : reference,
    ) as object;
    return { $ref: root };
  }
}

/** The name of a namespace, or a path, as AsyncAPI writes addresses. */
function addressOf(namespace: string | undefined): object {
  if (namespace === undefined) {
    return { address: null };
  }
  const parameters: Record<string, object> = {};
  const segments = namespace.split("/").map((segment) => {
    const isParameter = segment.startsWith(":") || segment.startsWith("*");
    if (!isParameter) {
      return segment;
    }
    const name = segment.slice(1) || "rest";
    const all = segment.startsWith("*");
    parameters[name] = all ? { description: "One segment or several." } : {};
    return `{${name}}`;
  });
  const address = segments.join("/");
  return Object.keys(parameters).length === 0 ? { address } : { address, parameters };
}

/** A key that is still free, of the characters that keys may have. */
function freeKey(taken: object, name: string): string {
  const key = name.replaceAll(/[^\w.-]/g, "_");
  let free = key;
  for (let count = 2; Object.hasOwn(taken, free); count++) {
    free = `${key}_${count}`;
  }
  return free;
}
