import type { DescribedArgument, DescribedContract, DescribedEvent } from "./described.ts";
import type { JsonSchema } from "./json-schema.ts";
import { comment, propertyName, TypeWriter } from "./ts-type.ts";

const REFUSAL = `/** Why an event was refused. */
export interface Refusal {
  code: string;
  event: string;
  issues: { message: string; path: (string | number)[] }[];
}
`;

/**
 * Writes TypeScript declarations of what travels on the wire, for clients that have the stock client and
 * nothing of this repository.
 *
 * @param contracts the contracts
 * @param source what they were made from, for the first line
 */
export function toDeclarations(contracts: readonly DescribedContract[], source: string): string {
  const parts = contracts.map((contract) => new ContractWriter(contract).write());
  return `// Written by \`bunx bun-socket.io describe\` from ${source}: what travels on the wire.\n\n${[REFUSAL, ...parts].join("\n")}`;
}

class ContractWriter {
  readonly #contract: DescribedContract;
  readonly #prefix: string;
  readonly #aliases: string[] = [];

  constructor(contract: DescribedContract) {
    this.#contract = contract;
    this.#prefix = typeName(contract.name === "default" ? "contract" : contract.name);
  }

  write(): string {
    const { description, clientToServer, serverToClient, auth } = this.#contract;
    const about = description === undefined ? "" : ` ${description}`;
    const interfaces = [
      this.#interface("ClientToServer", `What clients send.${about}`, clientToServer, true),
      this.#interface("ServerToClient", "What the server sends.", serverToClient, false),
    ];
    if (auth !== undefined) {
      const type = this.#type("Auth", auth, "");
      interfaces.push(
        `/** What clients give as \`auth\`. */\nexport type ${this.#prefix}Auth = ${type};\n`,
      );
    }
    return [...this.#aliases, ...interfaces].join("\n");
  }

  #interface(
    side: string,
    description: string,
    events: readonly DescribedEvent[],
    mayBeRefused: boolean,
  ): string {
    const lines = events.map((event) => {
      const args = event.args.map((arg, index) => this.#argument(side, event, arg, index));
      if (event.ack !== undefined) {
        const name = `${typeName(event.name)}Ack`;
        const response = this.#type(name, event.ack.schema);
        const type = mayBeRefused ? `${response} | Refusal` : response;
        const mark = event.ack.isOptional ? "?" : "";
        args.push(`reply: (response${mark}: ${type}) => void`);
      }
      return `${comment(event, "  ")}  ${propertyName(event.name)}: (${args.join(", ")}) => void;\n`;
    });
    if (!mayBeRefused) {
      const line = "  /** An event that asked for no acknowledgement was refused. */\n";
      lines.push(`${line}  error: (refusal: Refusal) => void;\n`);
    }
    const head = comment({ description }, "");
    return `${head}export interface ${this.#prefix}${side} {\n${lines.join("")}}\n`;
  }

  #argument(
    side: string,
    event: DescribedEvent,
    { schema, isOptional }: DescribedArgument,
    index: number,
  ): string {
    const name = `${side}${typeName(event.name)}${index === 0 ? "" : index}`;
    const type = this.#type(name, schema);
    const mayBeLeftOut = event.ack === undefined && isLastOptional(event, index);
    const either = isOptional && !mayBeLeftOut && type !== "unknown" ? " | undefined" : "";
    return `arg${index}${mayBeLeftOut ? "?" : ""}: ${type}${either}`;
  }

  /** The type of a schema; where that refers to itself, by a name of its own. */
  #type(name: string, schema: JsonSchema, indent = "  "): string {
    if (!JSON.stringify(schema).includes('"$ref"')) {
      return new TypeWriter(() => "unknown").write(schema, indent);
    }
    const root = `${this.#prefix}${name}`;
    const writer = new TypeWriter((reference) => {
      const [, , definition] = reference.split("/");
      return definition === undefined ? root : `${root}${typeName(definition)}`;
    });
    const { definitions, $defs, ...rest } = typeof schema === "object" ? schema : {};
    for (const [each, definition] of Object.entries({
      ...toObject(definitions),
      ...toObject($defs),
    })) {
      this.#aliases.push(`type ${root}${typeName(each)} = ${writer.write(definition)};\n`);
    }
    this.#aliases.push(`type ${root} = ${writer.write(rest)};\n`);
    return root;
  }
}

function isLastOptional({ args }: DescribedEvent, index: number): boolean {
  return args.slice(index).every((arg) => arg.isOptional);
}

function toObject(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

/** A name of a type: `note:add` is `NoteAdd`. */
function typeName(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return /^\p{L}/u.test(joined) ? joined : `_${joined}`;
}
