import { aside, CLIENT, must, type ProtocolDocument } from "./document.ts";

/** Engine.IO, revision 3: what differs in revision 4, and so has rules of its own. */
export const ENGINE_3: ProtocolDocument = {
  name: "Engine.IO protocol 3",
  sections: [
    {
      title: "Anatomy of an Engine.IO session",
      statements: [
        must(
          "A session begins with an open packet; it is of the revision that its first request names",
          "revision 3: the first packet is an open packet, and CONNECT follows by itself",
          "revision 3: a session keeps its revision",
        ),
      ],
    },
    {
      title: "Encoding, Packet",
      statements: [
        must(
          "Bytes have their type in front, over WebSocket too",
          "revision 3: bytes over WebSocket have the type of their packet in front",
        ),
        must("A close packet asks for the end", "revision 3: a close packet ends the session"),
      ],
    },
    {
      title: "Encoding, Payload",
      statements: [
        must(
          "A payload of text is a list of length, colon and packet; the length counts characters",
          "revision 3: payloads of text tell the length of each packet",
          "revision 3: the length counts characters, not bytes",
          "revision 3: several packets of one payload are handled in their order",
        ),
        must(
          "A payload with bytes is binary, or base64 behind b for clients that ask for b64",
          "revision 3: a client without b64 gets payloads of bytes where there are bytes",
          "revision 3: a client with b64 gets bytes as base64 behind b4",
        ),
      ],
    },
    {
      title: "Transports, Polling, JSONP",
      statements: [
        must(
          "With the parameter j the payload is the argument of a call, and posts are the field d of a form",
          "revision 3: JSONP wraps the payload in a call",
          "revision 3: JSONP posts its payload as the form field d",
        ),
      ],
    },
    {
      title: "Transport upgrading",
      statements: [
        must(
          "Probe, pong, a noop for the poll that waits, and an upgrade packet",
          "revision 3: a session moves to WebSocket, and a poll that waits gets a noop",
        ),
      ],
    },
    {
      title: "Timeouts",
      statements: [
        must(
          "The client sends pings, and the server answers each with what it carried",
          "revision 3: a ping of the client is answered with a pong",
          "revision 3: the pong carries on what the ping carried, or nothing",
          "revision 3: the server sends no ping, and a client that pings stays",
        ),
        must(
          "A client that sends none in pingInterval and pingTimeout is closed",
          "revision 3: a client that sends no ping is closed",
        ),
        aside("A client without a pong in pingTimeout takes the session for closed", CLIENT),
      ],
    },
  ],
};
