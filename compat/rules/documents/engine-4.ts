import { aside, beyond, CLIENT, HISTORY, must, type ProtocolDocument } from "./document.ts";

/** Engine.IO, revision 4. */
export const ENGINE_4: ProtocolDocument = {
  name: "Engine.IO protocol 4",
  sections: [
    {
      title: "Transports, HTTP long-polling, Request path",
      statements: [
        must(
          "The path is /engine.io/ unless a library on top changes it, as Socket.IO does to /socket.io/",
          "the path is the one that the server is told",
        ),
      ],
    },
    {
      title: "Transports, HTTP long-polling, Query parameters",
      statements: [
        must(
          "A request has the parameters EIO and transport, and sid once there is a session; one that lacks what it must have is answered with status 400",
          "a request without the parameter EIO is refused with status 400",
          "a request without the parameter transport is refused with status 400",
        ),
        must(
          "EIO is the revision, and transport the name of one that the server offers",
          "a request with an unknown revision is refused with status 400",
          "revision 3 is refused where the server does not allow it",
          "a request with an unknown transport is refused with status 400",
          "a transport that the server does not offer is unknown",
        ),
        must(
          "sid is that of an open session",
          "a poll of an unknown session is refused with status 400",
          "a POST for an unknown session is refused with status 400",
          "a poll of a session that is on WebSocket is refused with status 400",
        ),
        beyond(
          "Other parameters, and names of JavaScript's, mean nothing",
          "the order of the parameters and other parameters do not matter",
          "a name of Object's prototype is no transport",
        ),
      ],
    },
    {
      title: "Transports, HTTP long-polling, Headers",
      statements: [
        must(
          "A body without a Content-Type is text",
          "a body without a Content-Type is taken as text",
          "packets of text are answered as text/plain in UTF-8",
        ),
        aside(
          "A body of bytes has the type application/octet-stream",
          "revision 4 sends bytes as text; that such a body is refused is a rule of From v3 to v4",
        ),
        beyond("Nobody may keep an answer", "answers may not be stored by caches"),
      ],
    },
    {
      title: "Transports, HTTP long-polling, Sending and receiving data, Sending data",
      statements: [
        must(
          "Packets are sent in the body of a POST; its success is told by status 200 and the body ok",
          "a POST is answered with status 200 and ok",
          "the halves of a POST may come apart, with a poll in between",
        ),
        must(
          "A client has one POST under way at most; a second one is answered with status 400, and the session is closed",
          "a second POST beside one that is under way is refused and ends the session",
        ),
      ],
    },
    {
      title: "Transports, HTTP long-polling, Sending and receiving data, Receiving data",
      statements: [
        must(
          "Packets are received in the answer to a GET, which the server may keep until there is one",
          "a poll waits until there is a packet for it",
          "packets that wait for a poll come together, in their order",
          "a packet is delivered in one poll only",
          "a client that cuts its poll ends the session",
        ),
        must(
          "A client has one GET waiting at most; a second one is answered with status 400, and the session is closed",
          "a second poll beside one that waits is refused with status 400 and ends the session",
        ),
      ],
    },
    {
      title: "Transports, WebSocket",
      statements: [
        must(
          "A request for a WebSocket has the same parameters, with the transport websocket; without them it is closed",
          "a WebSocket without the parameter EIO is refused, or closed without an open packet",
          "a WebSocket with an unknown revision is refused, or closed without an open packet",
          "a WebSocket without the parameter transport is refused, or closed without an open packet",
          "a WebSocket with an unknown transport is refused, or closed without an open packet",
          "a WebSocket for an unknown session is refused, or closed without an open packet",
        ),
        beyond(
          "A request with the transport websocket asks for a WebSocket",
          "a handshake of WebSocket without a request for a WebSocket is refused with status 400",
        ),
        must(
          "Each packet has a frame of its own",
          "each packet to the client has a frame of its own",
          "frames are handled in their order",
        ),
        must(
          "A session has one WebSocket at most; a further one is closed",
          "a second WebSocket for a session that has moved is closed, and the session stays",
          "a second candidate beside the first is closed, and the first goes on",
        ),
      ],
    },
    {
      title: "Protocol",
      statements: [
        must(
          "A packet is of a type (open 0, close 1, ping 2, pong 3, message 4, upgrade 5, noop 6), and may have a payload",
          "a packet of an unknown type ends the session",
          "a digit that is no type ends the session",
          "an empty packet ends the session",
        ),
        must(
          "A close packet says that a transport can be closed, and the session ends with it",
          "a close packet in a POST ends the session",
          "a close packet ends the poll that waits with a noop",
          "packets behind a close packet are not handled",
          "a close packet over WebSocket ends the session, and what is behind it is not handled",
          "a server that closes answers the poll that waits with a close packet",
          "a server that closes its side closes the WebSocket",
        ),
        beyond("What was sent before the end arrives", "what was sent before the close arrives"),
        beyond(
          "A session ends when its transport does, and others stay",
          "a client that closes its WebSocket ends the session",
          "a connection that is cut ends the session",
          "a session that has ended takes no POST",
          "a session that has ended takes no WebSocket",
          "the end of one session leaves others alone",
        ),
      ],
    },
    {
      title: "Protocol, Handshake",
      statements: [
        must(
          "A session begins with a GET, over either transport",
          "a handshake over polling is answered with status 200 and one packet of text",
          "a handshake with POST is refused with status 400",
          "a handshake with PUT is refused with status 400",
        ),
        must(
          "It is answered with an open packet, whose JSON has sid, upgrades, pingInterval, pingTimeout and maxPayload",
          "the first packet of a session is an open packet with the id and the settings",
        ),
        must(
          "sid names the session in all requests that follow",
          "each session has an id of its own, that needs no escaping in a URL",
        ),
        must(
          "upgrades lists the transports that the client may move to",
          "over polling, the open packet offers WebSocket",
          "over WebSocket, the open packet offers no upgrade",
          "a server without the WebSocket transport offers no upgrade",
          "a server without upgrades offers none",
        ),
        must(
          "maxPayload is how many bytes a client may put into one payload",
          "a body as large as maxPayload is taken",
        ),
        beyond(
          "More is refused",
          "a larger body is refused with status 413",
          "a chunked body that is larger than maxPayload is refused with status 413",
          "a message over WebSocket that is larger than maxPayload ends the connection",
        ),
      ],
    },
    {
      title: "Protocol, Heartbeat",
      statements: [
        must(
          "The server sends a ping every pingInterval, and the client has pingTimeout for its pong",
          "the server sends a ping every pingInterval",
        ),
        beyond(
          "Pings and pongs come in turns",
          "no further ping comes before the pong",
          "a pong that was not asked for changes nothing",
        ),
        must(
          "Without that pong, the server takes the connection for closed",
          "a session whose pong does not come ends after pingTimeout",
          "the socket of a session that has timed out hears of a ping timeout",
          "a session that has timed out is unknown",
        ),
        aside("Without a ping in the sum of both, the client takes it for closed", CLIENT),
      ],
    },
    {
      title: "Protocol, Upgrade",
      statements: [
        aside("A client begins over polling, and upgrades where it can", CLIENT),
        aside("The client sends nothing over polling any more before it tries WebSocket", CLIENT),
        must(
          "It opens a WebSocket for the session, with a ping that carries the text probe; the server answers with a pong that carries it",
          "a probing ping is answered with a probing pong",
          "the WebSocket of an upgrade brings no second open packet",
        ),
        beyond(
          "Until the upgrade packet, the session is on polling",
          "a candidate that begins with anything but a probe is closed, and the session stays",
          "a POST between the probe and the upgrade is delivered",
          "before the upgrade packet, packets of the server go over polling",
        ),
        must(
          "The server ends a poll that waits, with a noop packet",
          "a poll that waits when the probe comes is answered with a noop",
          "a poll that waits while the session moves is answered without a message",
        ),
        must(
          "The client ends with an upgrade packet; then the session is on WebSocket, and polling is over",
          "after the upgrade, messages go both ways over the WebSocket",
          "a probe and an upgrade in one go are taken",
          "after the upgrade, a poll is refused with status 400",
          "after the upgrade, a POST is refused with status 400",
          "packets that no poll has fetched come over the WebSocket, in their order",
          "the heartbeat goes on over the WebSocket",
        ),
        beyond(
          "A move that fails leaves the session where it is",
          "a candidate that goes away leaves the session on polling",
          "a candidate that does not finish in time is closed, and the session stays",
        ),
      ],
    },
    {
      title: "Protocol, Message",
      statements: [
        must(
          "Once the session is open, both sides send messages",
          "messages go both ways once the session is open",
          "large messages arrive whole in both directions",
        ),
      ],
    },
    {
      title: "Packet encoding",
      statements: [must("Text is in UTF-8", "text outside of ASCII arrives whole")],
    },
    {
      title: "Packet encoding, HTTP long-polling",
      statements: [
        must(
          "Packets of one body have the character U+001E between them",
          "several packets of one POST are handled in their order",
        ),
        must(
          "Bytes are base64, with a b in front",
          "bytes in a POST are base64 behind the letter b",
          "bytes in the answer to a poll are base64 behind the letter b",
        ),
        aside("The client counts maxPayload when it puts packets together", CLIENT),
      ],
    },
    {
      title: "Packet encoding, WebSocket",
      statements: [
        must(
          "Text has its type in front, bytes go as they are",
          "bytes over WebSocket go as they are, in a binary frame",
        ),
      ],
    },
    {
      title: "History, From v2 to v3",
      statements: [aside("Revision 3 has bytes", HISTORY)],
    },
    {
      title: "History, From v3 to v4",
      statements: [
        must("Pings come from the server", "a ping of the client ends the session"),
        must(
          "Bodies are text, whatever the packets",
          "a binary body is refused, as revision 4 has none over polling",
        ),
        aside(
          "U+001E may not stand in the data",
          "JSON, as Socket.IO writes it, escapes that character",
        ),
      ],
    },
  ],
};
