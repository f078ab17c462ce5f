import { aside, beyond, HISTORY, must, type ProtocolDocument } from "./document.ts";

/** Socket.IO, revision 4: what differs in revision 5, and so has rules of its own. */
export const SOCKET_4: ProtocolDocument = {
  name: "Socket.IO protocol 4",
  sections: [
    {
      title: "Packet format, Packet types",
      statements: [
        must(
          "ERROR (4) says that a connection is refused, and may have the reason as its payload",
          "revision 4: CONNECT to an unknown namespace is answered with ERROR",
          "revision 4: ERROR of a middleware has its data, or its message",
        ),
        must(
          "EVENT and ACK, and their binary forms, are as in revision 5",
          "revision 4: BINARY_EVENT and BINARY_ACK bring their attachments",
        ),
        beyond(
          "A packet that is none of these ends the session",
          "revision 4: a malformed packet ends the session",
        ),
      ],
    },
    {
      title: "Packet encoding",
      statements: [
        aside(
          "Each packet is a message of Engine.IO, and so has a 4 in front",
          "the rules of all sections send and read such messages",
        ),
      ],
    },
    {
      title: "Packet encoding, Encoding format",
      statements: [
        must(
          "The type, of binary types the number of attachments and a hyphen, the namespace and a comma, the id, the payload",
          "revision 4: a packet has its count, namespace, id and payload in this order",
        ),
      ],
    },
    {
      title: "Exchange protocol, Connection to the default namespace",
      statements: [
        must(
          "The server sends CONNECT to the main namespace without being asked",
          "revision 4: the server connects the client to the main namespace by itself",
        ),
        beyond(
          "A client of revision 5 at the same server has to ask",
          "revision 4: a client of revision 5 beside it has to ask for a namespace",
        ),
      ],
    },
    {
      title: "Exchange protocol, Connection to a non-default namespace",
      statements: [
        must(
          "The client sends CONNECT, which may have a query, and the server answers with CONNECT",
          "revision 4: CONNECT to another namespace is answered without an id",
          "revision 4: CONNECT may carry a query behind the name of its namespace",
        ),
      ],
    },
    {
      title: "Exchange protocol, Disconnection from a non-default namespace",
      statements: [
        must(
          "Either side ends the connection to a namespace with DISCONNECT",
          "revision 4: DISCONNECT leaves one namespace",
          "revision 4: the server's DISCONNECT names the namespace, and keeps the others",
        ),
        beyond(
          "A server may end all of them, and the session",
          "revision 4: the server's disconnect with closing ends the session",
        ),
      ],
    },
    {
      title: "Exchange protocol, Acknowledgement",
      statements: [
        must(
          "An EVENT with an id is answered with an ACK of that id, or a BINARY_ACK, in both directions",
          "revision 4: an EVENT with an id is answered with an ACK",
          "revision 4: the server's EVENT with an id takes the ACK of the client",
        ),
      ],
    },
    {
      title: "Sample session",
      statements: [
        must(
          "Open and CONNECT, messages in and out, the move to WebSocket, a second namespace, bytes, ping and pong",
          "revision 4: the sample session runs as it is written",
        ),
      ],
    },
    {
      title: "History",
      statements: [
        aside("Revision 2 added BINARY_EVENT, 3 left MessagePack, and 4 added BINARY_ACK", HISTORY),
      ],
    },
  ],
};
