import { must, type ProtocolDocument } from "./document.ts";

/** Socket.IO, revision 4: what differs in revision 5, and so has rules of its own. */
export const SOCKET_4: ProtocolDocument = {
  name: "Socket.IO protocol 4",
  sections: [
    {
      title: "Exchange protocol, Connection to the default namespace",
      statements: [
        must(
          "The server sends CONNECT to the main namespace without being asked",
          "revision 4: the server connects the client to the main namespace by itself",
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
          "DISCONNECT ends the connection to a namespace",
          "revision 4: DISCONNECT leaves one namespace",
          "revision 4: the server's disconnect with closing ends the session",
        ),
      ],
    },
    {
      title: "Packet encoding, Packet types",
      statements: [
        must(
          "ERROR (4) says that a connection is refused, and has what it wants as its payload",
          "revision 4: CONNECT to an unknown namespace is answered with ERROR",
          "revision 4: ERROR of a middleware has its data, or its message",
        ),
        must(
          "EVENT and ACK, and their binary forms, are as in revision 5",
          "revision 4: an EVENT with an id is answered with an ACK",
          "revision 4: BINARY_EVENT and BINARY_ACK bring their attachments",
          "revision 4: a malformed packet ends the session",
        ),
      ],
    },
  ],
};
