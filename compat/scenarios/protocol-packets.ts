import type { Anything, Scenario } from "../scenario.ts";
import {
  answerPings,
  connectBare,
  ended,
  heard,
  openBare,
  pingBare,
  write,
} from "./protocol-support.ts";

type Messages = (string | Uint8Array)[];

const PLACEHOLDER = '{"_placeholder":true,"num":0}';

/** Packets that a client without a namespace sends, and that end its connection. */
const FATAL_AT_FIRST: Record<string, Messages> = {
  "an event before it has connected": ['2["ping"]'],
  "an acknowledgement before it has connected": ["31[]"],
  "a disconnection before it has connected": ["1"],
  "a connect error": ['4{"message":"no"}'],
  "an auth payload that is a text": ['0"text"'],
  "an auth payload that is a list": ["0[1]"],
  "an auth payload that is null": ["0null"],
  "an auth payload that is no JSON": ["0{"],
  "a binary message before anything else": [new Uint8Array([1, 2])],
};

/** The same of a client that has connected to `/`. */
const FATAL: Record<string, Messages> = {
  "a packet of an unknown type": ["9"],
  "a packet that begins with a letter": ["x"],
  "a second CONNECT": ["0"],
  "a connect error when connected": ['4{"message":"no"}'],
  "an event of a namespace that it has not joined": ['2/a,["ping"]'],
  "an event that is no JSON": ['2["ping"'],
  "an event that is no list": ['2{"a":1}'],
  "an event that is an empty list": ["2[]"],
  "an event whose name is null": ["2[null]"],
  "an event whose name is an object": ["2[{}]"],
  "an event with a reserved name: connect": ['2["connect"]'],
  "an event with a reserved name: disconnecting": ['2["disconnecting"]'],
  "an event with a reserved name: newListener": ['2["newListener"]'],
  "a disconnection with a payload": ['1{"a":1}'],
  "an acknowledgement that is no list": ["31{}"],
  "an event with a negative id": ['2-1["ping"]'],
  "bytes that no packet has announced": [new Uint8Array([1, 2, 3])],
  "a text where bytes are expected": [`51-["bytes",${PLACEHOLDER}]`, '2["ping"]'],
  "a binary event without the number of its attachments": [`5["bytes",${PLACEHOLDER}]`],
  "a binary event with none": ['50-["bytes"]'],
  "a binary event with a negative number of attachments": ['5-1-["bytes"]'],
  "a binary event with half an attachment": ['51.5-["bytes"]'],
  "a binary event with too many attachments": [`511-["bytes",${PLACEHOLDER}]`],
  "a binary event with a placeholder that points nowhere": [
    '51-["bytes",{"_placeholder":true,"num":5}]',
    new Uint8Array([1]),
  ],
  "a binary event with a placeholder of a text": [
    '51-["bytes",{"_placeholder":true,"num":"0"}]',
    new Uint8Array([1]),
  ],
};

/** Packets that a connected client sends, and that end nothing. */
const HARMLESS: Record<string, Messages> = {
  "an acknowledgement of an unknown id": ["3123[]"],
  "an acknowledgement without an id": ["3[1]"],
  "an acknowledgement without a payload": ["31"],
  "an event whose name is a number": ["2[7,1]"],
  "an event with a placeholder, but no attachment": [`2["bytes",${PLACEHOLDER}]`],
  "a binary event that has more attachments than placeholders": [
    `52-["bytes",${PLACEHOLDER}]`,
    new Uint8Array([65]),
    new Uint8Array([66]),
  ],
  "an event with an id that begins with zeros": ['2007["ping"]'],
  "an event with blanks inside its JSON": ['2[ "other" , 1 ]'],
  "a binary event with an empty attachment": [`51-["bytes",${PLACEHOLDER}]`, new Uint8Array(0)],
  "an event that uses one attachment twice": [
    `51-["bytes",${PLACEHOLDER},${PLACEHOLDER}]`,
    new Uint8Array([67]),
  ],
  "an event of the default namespace by its name": ['2/,["other"]'],
};

function each(
  table: Record<string, Messages>,
  make: (messages: Messages) => Scenario["client"],
  what: string,
): Scenario[] {
  return Object.entries(table).map(([name, messages]) => ({
    name: `${what}: ${name}`,
    server(io, { logOf }) {
      answerPings(io);
      io.of("/a");
      io.on("connection", (socket) => {
        socket.on("error", (error: unknown) => logOf(socket, "error", error instanceof Error));
      });
    },
    client: make(messages),
  }));
}

export const packetScenarios: Scenario[] = [
  ...each(
    FATAL_AT_FIRST,
    (messages) => async (t) => {
      const ann = await openBare(t, "ann");
      const end = ended(ann);
      write(ann, ...messages);
      await end;
    },
    "ends the connection",
  ),
  ...each(
    FATAL,
    (messages) => async (t) => {
      const ann = await openBare(t, "ann");
      await connectBare(ann);
      const end = ended(ann);
      write(ann, ...messages);
      await end;
    },
    "ends the connection of a client that is connected",
  ),
  ...each(
    HARMLESS,
    (messages) => async (t) => {
      const ann = await openBare(t, "ann");
      await connectBare(ann);
      write(ann, ...messages);
      await pingBare(ann);
    },
    "is let pass",
  ),
  {
    name: "a packet that ends the connection ends all namespaces of it",
    server(io, { logOf }) {
      for (const name of ["/", "/a"]) {
        io.of(name).on("connection", (socket: Anything) => {
          socket.on("error", (error: unknown) => logOf(socket, "error", error instanceof Error));
        });
      }
    },
    async client(t) {
      const ann = await openBare(t, "ann");
      await connectBare(ann);
      await connectBare(ann, "0/a,");
      const end = ended(ann);
      write(ann, "9");
      await end;
    },
  },
  {
    name: "a CONNECT may leave the comma behind its namespace out",
    server: (io) => answerPings(io.of("/a")),
    async client(t) {
      const ann = await openBare(t, "ann");
      await connectBare(ann, "0/a");
      await pingBare(ann, "/a");
    },
  },
  {
    name: "a CONNECT with what looks like an answer's payload is one with an auth payload",
    server(io) {
      io.on("connection", (socket) => socket.emit("auth", socket.handshake.auth));
    },
    async client(t) {
      const ann = await openBare(t, "ann");
      const told = heard(ann, '2["auth"');
      write(ann, '0{"sid":"mine","pid":"mine too","offset":1}');
      await told;
    },
  },
  {
    name: "a client without a namespace is disconnected when the time to connect is over",
    options: { connectTimeout: 100 },
    async client(t) {
      const ann = await openBare(t, "ann");
      await ended(ann);
    },
  },
  {
    name: "a client that was refused only is disconnected when the time to connect is over",
    options: { connectTimeout: 1000 },
    async client(t) {
      const ann = await openBare(t, "ann");
      const end = ended(ann);
      const refused = heard(ann, "4/nowhere,");
      write(ann, "0/nowhere,");
      await refused;
      await end;
    },
  },
  {
    name: "a client that has connected stays when the time to connect is over",
    options: { connectTimeout: 200 },
    server(io, { command }) {
      answerPings(io);
      command("wait", () => new Promise((resolve) => setTimeout(resolve, 400)));
    },
    async client(t) {
      const ann = await openBare(t, "ann");
      await connectBare(ann);
      await t.command("wait"); // longer than the option says
      await pingBare(ann);
    },
  },
];
