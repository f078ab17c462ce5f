import { aside, beyond, CLIENT, HISTORY, must, type ProtocolDocument } from "./document.ts";

/** Engine.IO, revision 3: what differs in revision 4, and so has rules of its own. */
export const ENGINE_3: ProtocolDocument = {
  name: "Engine.IO protocol 3",
  sections: [
    {
      title: "Anatomy of an Engine.IO session",
      statements: [
        must(
          "A session begins with an open packet, whose JSON has sid, upgrades, pingInterval and pingTimeout",
          "revision 3: the first packet is an open packet, and CONNECT follows by itself",
        ),
        beyond(
          "A session is of the revision that its first request names",
          "revision 3: a session keeps its revision",
        ),
      ],
    },
    {
      title: "Anatomy of an Engine.IO session, Sample session",
      statements: [
        must(
          "Open packet, messages in and out, the move to WebSocket, messages there, ping and pong",
          "revision 3: the sample session runs as it is written",
        ),
      ],
    },
    {
      title: "Anatomy of an Engine.IO session, Sample session with WebSocket only",
      statements: [
        must(
          "The same over a WebSocket alone, with a frame for each packet and no upgrades",
          "revision 3: the sample session of WebSocket alone runs as it is written",
        ),
      ],
    },
    {
      title: "URLs",
      statements: [
        aside(
          "The path is /engine.io/ unless a framework on top changes it",
          "Socket.IO's is /socket.io/; that it can be changed is a rule of revision 4",
        ),
        aside(
          "The query has transport, EIO, sid once there is one, j for JSONP, and t against caches",
          "the rules of all sections send them",
        ),
        must(
          "With b64=1 all bytes for the client are base64",
          "revision 3: over WebSocket, too, a client with b64 gets bytes as base64",
        ),
      ],
    },
    {
      title: "Encoding, Packet",
      statements: [
        aside(
          "A packet of text is the digit of its type, 0 to 6, and its data",
          "the rules of all sections send and read such packets",
        ),
        must(
          "Bytes have their type in front, as a byte, over WebSocket too",
          "revision 3: bytes over WebSocket have the type of their packet in front",
        ),
        must(
          "A close packet asks for the close of its transport, and a session that has no other ends with it",
          "revision 3: a close packet ends the session",
          "revision 3: a close packet over WebSocket ends the session",
        ),
        must(
          "A ping is answered with a pong that carries the same data",
          "revision 3: the pong carries on what the ping carried",
        ),
      ],
    },
    {
      title: "Encoding, Payload",
      statements: [
        must(
          "A payload of text is a list of length, colon and packet; the length counts characters",
          "revision 3: payloads of text tell the length of each packet",
          "revision 3: a payload without bytes is text for a client without b64, too",
          "revision 3: the length counts characters, not bytes",
          "revision 3: several packets of one payload are handled in their order",
        ),
        must(
          "A payload with bytes is base64 behind b for clients that ask for b64",
          "revision 3: a client with b64 gets bytes as base64 behind b4",
        ),
        must(
          "For others it is binary: 0 for text or 1 for bytes, the digits of the length, 255, and the packet",
          "revision 3: a client without b64 gets payloads of bytes where there are bytes",
          "revision 3: text in a payload of bytes is in UTF-8, and its length counts bytes",
        ),
      ],
    },
    {
      title: "Transports, Polling, XHR",
      statements: [
        must("The server answers other origins", "revision 3: answers carry the allowed origin"),
      ],
    },
    {
      title: "Transports, Polling, JSONP",
      statements: [
        must(
          "With the parameter j the payload is the argument of a call, escaped so that it is JavaScript",
          "revision 3: JSONP wraps the payload in a call",
          "revision 3: JSONP escapes what ends a line of JavaScript",
        ),
        beyond("Bytes are base64 there", "revision 3: JSONP has bytes as base64"),
      ],
    },
    {
      title: "Transports, Polling, JSONP, Posting data",
      statements: [
        must(
          "A post is the field d of a form; a newline is escaped as \\n before",
          "revision 3: JSONP posts its payload as the form field d",
          "revision 3: a post of JSONP has its newlines escaped",
        ),
      ],
    },
    {
      title: "Transports, WebSocket",
      statements: [
        aside(
          "There are no payloads over WebSocket: packets go one by one",
          "the rules of all sections read a packet from each frame",
        ),
      ],
    },
    {
      title: "Transport upgrading",
      statements: [
        must(
          "Probe, pong, a noop for the poll that waits, and an upgrade packet",
          "revision 3: a session moves to WebSocket, and a poll that waits gets a noop",
          "revision 3: a session that has moved takes no requests of polling",
        ),
        must(
          "What waits on the old transport is sent on the new one",
          "revision 3: packets that no poll has fetched come over the WebSocket, in their order",
        ),
        aside("The upgrade packet waits until the old transport is flushed and paused", CLIENT),
      ],
    },
    {
      title: "Timeouts",
      statements: [
        must(
          "The client sends pings, and the server answers each",
          "revision 3: a ping of the client is answered with a pong",
          "revision 3: the server sends no ping, and a client that pings stays",
        ),
        must(
          "A client that sends none in pingInterval and pingTimeout is closed",
          "revision 3: a client that sends no ping is closed",
        ),
        aside("A client without a pong in pingTimeout takes the session for closed", CLIENT),
      ],
    },
    {
      title: "Difference between v2 and v3",
      statements: [aside("Revision 3 has bytes", HISTORY)],
    },
  ],
};
