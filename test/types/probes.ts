// Statements of which nobody has to know whether they compile: what counts is that the reference's
// types and ours agree. `types.test.ts` compiles each for both, and compares.

const PREAMBLE = `
import { createServer } from "node:http";
import type { EventEmitter } from "node:events";
import { BroadcastOperator, Namespace, RemoteSocket, Server, Socket } from "socket.io";
import type { DefaultEventsMap, DisconnectReason, Event, ExtendedError, ServerOptions } from "socket.io";
interface In { noArg: () => void; more: (n: number) => void; ack: (n: number, reply: (s: string) => void) => void }
interface Fewer { noArg: () => void }
interface Out { noArg: () => void; one: (s: string) => void; optional: (n: number, s?: string) => void;
  rest: (...s: string[]) => void; tuple: (...args: [n: number, s: string]) => void;
  headTail: (n: number, ...s: string[]) => void;
  union: (value: string | number) => void; eitherArgs: (...args: [n: number] | [s: string, n: number]) => void;
  message: (s: string) => void; ask: (s: string, reply: (answer: string) => void) => void;
  askTwo: (s: string, reply: (answer: string, n: number) => void) => void;
  askNothing: (reply: () => void) => void; onlyAck: (reply: (n: number) => void) => void;
  askError: (s: string, reply: (error: Error, n: number) => void) => void;
  askOnlyError: (s: string, reply: (error: Error) => void) => void;
  askOptional: (s: string, reply?: (answer: string) => void) => void;
  askRest: (s: string, reply: (...answers: string[]) => void) => void;
  askOptionalAnswer: (s: string, reply: (answer?: string) => void) => void;
  askUnion: (s: string, reply: (answer: string | number) => void) => void;
  askPromise: (s: string, reply: (answer: string) => Promise<void>) => void;
  callbackFirst: (reply: (answer: string) => void, s: string) => void;
  generic: <T>(value: T) => void; unknown: (value: unknown) => void; never: (value: never) => void;
  result: (s: string) => number; answered: (s: string, reply: (answer: undefined) => void) => void }
interface Wide { one: (s: string | number) => void }
interface Narrow { one: (s: string) => void }
interface Loose { loose: any; args: (...args: any[]) => void; one: (s: string) => void; ask: (s: string, reply: (a: string) => void) => void }
type Between = { sync: (n: number) => void; count: (reply: (n: number) => void) => void };
interface Data { user: string; age?: number }
interface LessData { user: string }
declare const fn0: () => void;
declare const fn1: (answer: string) => void;
declare const fnNumber: (n: number) => void;
declare const fnError: (error: Error) => void;
declare const fnError1: (error: Error, answer: string) => void;
declare const fnErrorList: (error: Error, answers: string[]) => void;
declare const fnList: (answers: string[]) => void;
declare const fnNumbers: (error: Error, answers: number[]) => void;
declare const fnAny: (...args: any[]) => any;
declare const anything: any;
declare const io: Server<In, Out, Between, Data>;
declare const namespace: Namespace<In, Out, Between, Data>;
declare const socket: Socket<In, Out, Between, Data>;
declare const remote: RemoteSocket<Out, Data>;
declare const plainIo: Server;
declare const plainSocket: Socket;
declare const looseIo: Server<Loose>;
declare const looseSocket: Socket<Loose>;
declare const anyIo: Server<any, any, any, any>;
declare const anySocket: Socket<any, any, any, any>;
`;

const EMITTERS = [
  "socket",
  "socket.timeout(1)",
  "io",
  "io.timeout(1)",
  'io.to("a")',
  "remote.timeout(1)",
];

const LOOSE_EMITTERS = [
  "plainIo",
  "plainSocket",
  "plainIo.timeout(1)",
  "looseIo",
  "looseIo.timeout(1)",
  "looseSocket",
  "anyIo.timeout(1)",
  "anySocket",
];

const EVENTS = [
  ..."noArg one optional rest tuple headTail union eitherArgs message ask askTwo askNothing".split(
    " ",
  ),
  ..."onlyAck askError askOnlyError askOptional askRest askOptionalAnswer askUnion".split(" "),
  ..."askPromise callbackFirst generic unknown never result answered".split(" "),
  ..."disconnect connection nosuch".split(" "),
];

const LOOSE_EVENTS = ["loose", "args", "one", "ask", "nosuch"];

const ARGUMENTS = [
  ...["", "1", '"s"', '1, "s"', '"s", 1', '"s", "t"', "...anything"],
  ...["fn1", '"s", fn0', '"s", fn1', '"s", fnNumber', '"s", fnError'],
  ...['"s", fnError1', '"s", fnErrorList', '"s", fnList', '"s", fnAny'],
  ...["fnNumbers", '"s", undefined', '"s", fn1, 1'],
];

const LISTENERS = [
  ...["() => {}", "(a) => a", "(a, b) => [a, b]", "(a: string) => a", "(a: number) => a"],
  ...["(a: unknown) => a", "(...a) => a", "async () => {}", "fn1", "fnAny", "anything", '"no"'],
  ...["(s: Socket) => s", "(s: Socket<In, Out, Between, Data>) => s", "(s: Socket<In>) => s"],
  ...[
    "(r: DisconnectReason) => r",
    "(r: DisconnectReason, d: string) => [r, d]",
    "(e: Error) => e",
  ],
  ...["(n: Namespace) => n", "(n: number, reply: (s: string) => void) => reply(n.toFixed())"],
];

const LISTENED = [
  ..."noArg more ack disconnect disconnecting error connection connect new_namespace".split(" "),
  ..."sync count nosuch newListener".split(" "),
];

const KINDS = [
  ...["", "<any, any, any, any>", "<In>", "<In, Out>", "<In, Out, Between>"],
  ...["<In, Out, Between, Data>", "<In, Out, Between, LessData>", "<Fewer>", "<Fewer, Out>"],
  ...["<In, Narrow>", "<In, Wide>", "<In, Out, Fewer, Data>", "<DefaultEventsMap, Out>"],
  ...["<In, DefaultEventsMap>", "<In, Out, DefaultEventsMap, any>", "<Loose>", "<{}, {}>"],
];

const SMALL_KINDS = [
  "<Out, Data>",
  "<Out, LessData>",
  "<any, any>",
  "<Narrow, Data>",
  "<Wide, Data>",
];

const TYPES = [
  ...["Server", "Namespace", "Socket"].flatMap((name) => KINDS.map((kind) => name + kind)),
  ...["BroadcastOperator", "RemoteSocket"].flatMap((name) =>
    SMALL_KINDS.map((kind) => name + kind),
  ),
  ...["EventEmitter", "DisconnectReason", "Event", "ExtendedError", "Partial<ServerOptions>", "{}"],
];

/** Assignments of every type to every other of its class; between classes, of the plain ones. */
function assignments(): string[] {
  const nameOf = (type: string) => type.split("<")[0];
  return TYPES.flatMap((to) =>
    TYPES.filter((from) => nameOf(from) === nameOf(to) || !from.includes("<")).map(
      (from) => `void ((given: ${from}): ${to} => given);`,
    ),
  );
}

function emits(): string[] {
  const calls = (emitters: string[], events: string[]) =>
    emitters.flatMap((emitter) =>
      events.flatMap((event) =>
        ["emit", "emitWithAck"].flatMap((method) =>
          ARGUMENTS.map(
            (args) => `${emitter}.${method}("${event}"${args === "" ? "" : ", "}${args})`,
          ),
        ),
      ),
    );
  const others = ["io", "namespace", "plainIo", "looseIo", "anyIo"].flatMap((emitter) =>
    ["sync", "count", "nosuch", "loose", "ask"].flatMap((event) =>
      ["serverSideEmit", "serverSideEmitWithAck"].flatMap((method) =>
        ARGUMENTS.map(
          (args) => `${emitter}.${method}("${event}"${args === "" ? "" : ", "}${args})`,
        ),
      ),
    ),
  );
  const sends = [...EMITTERS, ...LOOSE_EMITTERS].flatMap((emitter) =>
    ["send", "write"].flatMap((method) => ARGUMENTS.map((args) => `${emitter}.${method}(${args})`)),
  );
  const all = [...calls(EMITTERS, EVENTS), ...calls(LOOSE_EMITTERS, LOOSE_EVENTS), ...others];
  return [...all.map((call) => `export const $ = ${call};`), ...sends.map((call) => `${call};`)];
}

function listeners(): string[] {
  const emitters = ["socket", "io", "namespace", "plainIo", "plainSocket", "anySocket", "anyIo"];
  return emitters.flatMap((emitter) =>
    LISTENED.flatMap((event) => [
      `export const $ = ${emitter}.listenerCount("${event}");`,
      `${emitter}.listeners("${event}");`,
      ...LISTENERS.map((listener) => `${emitter}.on("${event}", ${listener});`),
    ]),
  );
}

function options(): string[] {
  const values = ["true", "1", '"a"', "{}", "[]", "null", "undefined", "() => {}", "anything"];
  const names = [
    ..."path serveClient adapter parser connectTimeout connectionStateRecovery".split(" "),
    ..."cleanupEmptyChildNamespaces destroyUpgrade destroyUpgradeTimeout addTrailingSlash".split(
      " ",
    ),
    ..."pingTimeout pingInterval upgradeTimeout maxHttpBufferSize allowRequest transports".split(
      " ",
    ),
    ..."allowUpgrades perMessageDeflate httpCompression wsEngine initialPacket cookie".split(" "),
    ..."cors allowEIO3 nosuch".split(" "),
  ];
  return names.flatMap((name) => values.map((value) => `new Server({ ${name}: ${value} });`));
}

/** The members of a class are the same type where the name is one of the language's own. */
function members(): string[] {
  const of = (name: string, list: string) =>
    list.split(" ").map((member) => `export const $ = ${name}.${member};`);
  return [
    ...of("socket", "id recovered connected disconnected data data.user data.age rooms nsp.name"),
    ...of("socket", "handshake.time handshake.auth handshake.query handshake.headers"),
    ...of("socket", "timeout(1).data request.url request.headers client.conn.id"),
    ...of("socket", 'join("a") leave("a") nsp.sockets.size'),
    ...of("socket", "nsp.server.engine.clientsCount nsp.adapter.rooms nsp.adapter.sids nosuch"),
    ...of("socket", "conn.upgraded conn.upgrading conn.protocol conn.transport.name"),
    ...of(
      "socket",
      'conn.transport.writable conn.remoteAddress conn.close() conn.listenerCount("a")',
    ),
    ...of("socket", "request.method request.socket.remoteAddress request.headers.cookie"),
    ...of("socket", 'request.headers["x-a"] request.httpVersion request.complete'),
    ...of("io", "engine.opts.pingInterval engine.opts.path _nsps.size encoder.nosuch"),
    ...of("io", '_opts.path engine.upgrades("polling") engine.generateId(anything)'),
    ...of("namespace", "_ids adapter.serverCount() adapter.init() adapter.close()"),
    ...of("namespace", 'adapter.socketRooms("a") adapter.sockets(anything) adapter.delAll("a")'),
    ...of("remote", "id data rooms handshake.time nosuch"),
    ...of("io", "engine.clientsCount path() serveClient() connectTimeout() close() sockets.name"),
    ...of("io", "allSockets() sockets.sockets.size eventNames() httpServer.listening nosuch"),
    ...of("namespace", "name sockets.size allSockets() server.engine.clientsCount adapter.rooms"),
    ...of("plainSocket", "data data.whatever handshake.auth.token handshake.query.token"),
  ];
}

/** A difference that is meant, and why. */
export interface Difference {
  /** The statements, as they are in the list of differences. */
  what: RegExp;
  why: string;
}

export const DIFFERENCES: readonly Difference[] = [
  {
    what: /o\.emitWithAck\(".*here: Promise/,
    why: "servers and namespaces have emitWithAck() as well",
  },
  {
    what: /(io|namespace)\.(on|listeners)\("error".*here: accepted$/,
    why: "servers and namespaces tell of listeners that throw",
  },
  {
    what: /Io\.on\("error", (\(n|\(r: .*d:|"no|\(a\)|\(a, b|\(\.\.\.a)/,
    why: "and so a listener of `error` is not just any listener",
  },
  {
    what: /Server\(\{ cors: (true|"a"|\[\]) .*here: accepted$/,
    why: "the origins alone will do",
  },
  { what: /Server\(\{ cookie: \{\} .*here: accepted$/, why: "the name has a default" },
  { what: /Server\(\{ cookie: \(\) => .*here: refused$/, why: "a function is no cookie" },
  {
    what: /Server\(\{ httpCompression: (\[|\().*here: refused$/,
    why: "options are an object; the reference takes any",
  },
  {
    what: /Server\(\{ (initialPacket|wsEngine): .*here: refused$/,
    why: "what the reference takes but cannot use is refused",
  },
  { what: /socket\.client\.conn\.id;/, why: "the session's id is public, as it is documented" },
  {
    what: /socket\.request\.(url|method);|(opts\.pingInterval|opts\.path|transport\.name|close\(\));/,
    why: "the type here is narrower",
  },
];

export interface Probe {
  /** The statement. */
  text: string;
  /** Its line of the source, from 1. */
  line: number;
}

/** All of them as one source, one a line. */
export function makeProbes(): { source: string; probes: Probe[] } {
  const start = PREAMBLE.split("\n").length;
  const texts = [...assignments(), ...emits(), ...listeners(), ...options(), ...members()];
  const probes = texts.map((text, index) => ({ text, line: start + index }));
  const lines = texts.map((text, index) => text.replace("$", `p${index}`));
  return { source: PREAMBLE + lines.join("\n"), probes };
}
