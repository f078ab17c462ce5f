import { isAbsolute, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { SocketIOError } from "../errors.ts";
import { toAsyncApi } from "./asyncapi.ts";
import { toDeclarations } from "./declarations.ts";
import { contractsOf, type DescribedContract, describeContract } from "./described.ts";
import { makeConverter } from "./json-schema.ts";

export const USAGE = `Usage: bunx bun-socket.io describe <module> [options]

Describes the contracts that a module exports: what travels on the wire.

  --asyncapi <file>    write an AsyncAPI 3 document: JSON, or YAML where the name ends with .yaml
  --types <file>       write TypeScript declarations
  --export <name>      describe this export alone; may be given several times
  --namespace <name>   the namespace, or its path, where a contract names none
  --title <text>       the title of the document (default: the name of the module)
  --version <text>     its version (default: 0.0.0)

A file named - is the standard output. Without a file, it is an AsyncAPI document on the standard output.
`;

const OPTIONS = {
  asyncapi: { type: "string" },
  types: { type: "string" },
  export: { type: "string", multiple: true },
  namespace: { type: "string" },
  title: { type: "string" },
  version: { type: "string" },
} as const;

/**
 * Runs \`describe\`.
 *
 * @param args what comes behind that word
 * @param print writes to the standard output
 * @throws SocketIOError with `ERR_INVALID_ARGUMENT`, `ERR_UNSUPPORTED`; whatever the module throws
 */
export async function describeCommand(
  args: readonly string[],
  print: (text: string) => void,
): Promise<void> {
  const { values, path } = parse(args);
  const source = resolve(path);
  const contracts = await readContracts(source, values.export, values.namespace);
  const title = values.title ?? relative(".", source);
  const document = () => toAsyncApi(contracts, { title, version: values.version ?? "0.0.0" });
  const write = async (file: string, text: string): Promise<void> => {
    if (file === "-") print(text);
    else await Bun.write(file, text);
  };
  if (values.types !== undefined) {
    await write(values.types, toDeclarations(contracts, isAbsolute(path) ? title : path));
  }
  const file = values.asyncapi ?? (values.types === undefined ? "-" : undefined);
  if (file !== undefined) {
    const isYaml = /\.ya?ml$/.test(file);
    const text = isYaml
      ? Bun.YAML.stringify(document(), null, 2)
      : JSON.stringify(document(), null, 2);
    await write(file, `${text}\n`);
  }
}

function parse(args: readonly string[]) {
  const fail = (message: string): never => {
    throw new SocketIOError("ERR_INVALID_ARGUMENT", `${message}\n\n${USAGE}`);
  };
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: OPTIONS,
      allowPositionals: true,
    });
    const [path] = positionals;
    if (path === undefined || positionals.length > 1) {
      return fail("name one module");
    }
    return { values, path };
  } catch (error) {
    if (error instanceof SocketIOError) throw error;
    return fail((error as Error).message);
  }
}

async function readContracts(
  source: string,
  wanted: readonly string[] | undefined,
  namespace: string | undefined,
): Promise<DescribedContract[]> {
  const module: object = await import(pathToFileURL(source).href);
  const found = contractsOf(module).filter(([name]) => wanted?.includes(name) ?? true);
  const missing = wanted?.filter((name) => found.every(([each]) => each !== name)) ?? [];
  if (found.length === 0 || missing.length > 0) {
    const what = missing.length > 0 ? `no contract named ${missing.join(", ")}` : "no contract";
    throw new SocketIOError("ERR_INVALID_ARGUMENT", `${source} exports ${what}`);
  }
  const convert = makeConverter(async (name) => import(Bun.resolveSync(name, source)));
  return Promise.all(
    found.map(([name, contract]) =>
      describeContract(
        name,
        namespace === undefined ? contract : { namespace, ...contract },
        convert,
      ),
    ),
  );
}
