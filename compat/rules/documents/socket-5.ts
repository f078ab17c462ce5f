import { aside, beyond, HISTORY, must, type ProtocolDocument } from "./document.ts";

/** Socket.IO, revision 5. */
export const SOCKET_5: ProtocolDocument = {
  name: "Socket.IO protocol 5",
  sections: [
    {
      title: "Exchange protocol, Connection to a namespace",
      statements: [
        must(
          "The client begins with a CONNECT, to the main namespace too; one that sends anything else first is closed",
          "nothing is sent before the client asks for a namespace",
          "an EVENT before CONNECT ends the session",
          "a DISCONNECT before CONNECT ends the session",
          "a malformed packet before CONNECT ends the session",
          "a client that joins no namespace in time is closed",
          "a client whose only CONNECT is refused is closed in time",
        ),
        must(
          "CONNECT may carry a payload, for authentication; it is an object",
          "the payload of CONNECT is the socket's auth",
          "without a payload, the socket's auth is an empty object",
          "a CONNECT whose payload is a text ends the session",
          "a CONNECT whose payload is no JSON ends the session",
        ),
        must(
          "The server answers with CONNECT and the id of the socket",
          "CONNECT without a payload is answered with CONNECT and an id",
          "CONNECT to another namespace is answered there, before its events",
        ),
        beyond(
          "A server may have namespaces that patterns name",
          "a namespace that a pattern names is made when it is asked for",
        ),
        must(
          "or with CONNECT_ERROR and a message, and data where there is some",
          "CONNECT to an unknown namespace is answered with CONNECT_ERROR",
          "CONNECT_ERROR of a middleware without data has its message alone",
          "CONNECT_ERROR of a middleware has its message and its data",
        ),
        must(
          "A client may be in several namespaces at once",
          "sockets of one session in two namespaces have ids of their own",
        ),
        beyond(
          "It asks for each of them once, and may ask for another where it was refused",
          "a session whose CONNECT was refused can join another namespace",
          "a second CONNECT to the same namespace ends the session",
          "a CONNECT_ERROR of the client ends the session",
        ),
        beyond(
          "What is sent to a namespace needs a connection to it",
          "an EVENT for a namespace that was not joined ends the session",
          "an ACK for a namespace that was not joined ends the session",
          "a DISCONNECT for a namespace that was not joined ends the session",
        ),
      ],
    },
    {
      title: "Exchange protocol, Sending and receiving data",
      statements: [
        must(
          "Both sides send EVENT: an array of a name and arguments",
          "an EVENT has its name and its arguments in an array",
          "an EVENT may have no arguments",
          "an EVENT without a payload ends the session",
          "null, numbers, empty texts, arrays and objects come back as they went",
          "an EVENT nobody listens to changes nothing",
          "events of several namespaces share a session",
          "a hundred events of one payload are answered in their order",
        ),
        must(
          "With bytes among the arguments it is BINARY_EVENT, with the bytes behind it",
          "a BINARY_EVENT is followed by its attachment, in both directions",
        ),
      ],
    },
    {
      title: "Exchange protocol, Acknowledgement",
      statements: [
        must(
          "An EVENT with an id asks for an ACK with that id, whose payload is an array",
          "an EVENT with an id is answered with an ACK of that id",
          "an ACK may have no arguments",
          "an ACK of a namespace has its name in front",
          "the server's EVENT that asks for an ACK has an id, and takes the ACK",
          "each question of the server has an id of its own, and ACKs may come in any order",
        ),
        beyond(
          "Each ACK counts once",
          "two events of the same id are both answered",
          "an ACK counts once",
          "an ACK of an unknown id changes nothing",
        ),
        must(
          "With bytes, they are BINARY_EVENT and BINARY_ACK",
          "a BINARY_EVENT with an id is answered with a BINARY_ACK",
          "a BINARY_EVENT whose answer has no bytes is answered with an ACK",
          "an EVENT whose answer has bytes is answered with a BINARY_ACK",
          "the client's BINARY_ACK brings its attachments",
        ),
      ],
    },
    {
      title: "Exchange protocol, Disconnection from a namespace",
      statements: [
        must(
          "Either side ends its connection to a namespace with a DISCONNECT, which is not answered",
          "the client's DISCONNECT is not answered, and the server's socket is gone",
          "the server's disconnect sends DISCONNECT and keeps the session",
          "the server's disconnect of a namespace names it",
        ),
        must(
          "Other namespaces, and the session, stay",
          "a client that leaves one namespace stays in the other",
          "a client that left its only namespace keeps its session",
          "a client may leave and join again in one go",
          "a client that left may join again, and is another socket",
          "the server's disconnect with closing leaves all namespaces and ends the session",
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
        aside(
          "Other encodings than this may be used, if both sides do",
          "the scenarios of MessagePack and of parsers show it",
        ),
        must(
          "The name of a namespace is left out where it is the main one",
          "an EVENT of a namespace has its name in front",
          "a name with a number at its end is told from an id",
        ),
      ],
    },
    {
      title: "Packet encoding, Format",
      statements: [
        must(
          "A digit for the type: CONNECT 0, DISCONNECT 1, EVENT 2, ACK 3, CONNECT_ERROR 4, BINARY_EVENT 5, BINARY_ACK 6",
          "a message of an unknown type ends the session",
          "a message with a digit that is no type ends the session",
          "a message without a packet ends the session",
        ),
        must(
          "then, of binary types, the number of attachments and a hyphen",
          "a BINARY_EVENT without its count ends the session",
          "a BINARY_EVENT whose count is no number ends the session",
          "a BINARY_EVENT whose count has no end ends the session",
        ),
        must(
          "then the namespace and a comma, then the id",
          "a BINARY_EVENT of a namespace has its name behind the count",
          "a comma behind the name of an unknown namespace changes nothing",
          "the path of CONNECT may come with its name alone",
          "an EVENT whose id is no number ends the session",
        ),
        must(
          "then the payload as JSON, of the form that the type demands",
          "an EVENT whose payload is no array ends the session",
          "an EVENT whose payload is a text ends the session",
          "an EVENT whose payload is no JSON ends the session",
          "an EVENT whose array is empty ends the session",
          "an ACK whose payload is no array ends the session",
        ),
        beyond(
          "A name is a text, or a number, and none that the server keeps to itself; DISCONNECT has no payload",
          "an EVENT may have a number for its name",
          "an EVENT whose name is an object ends the session",
          "an EVENT whose name is null ends the session",
          "an EVENT with a reserved name ends the session",
          "an EVENT named connect_error ends the session",
          "a DISCONNECT with a payload ends the session",
        ),
        beyond(
          "A malformed packet is the end of its session, and of nothing else",
          "a malformed packet tells the socket of a parse error",
          "packets behind a malformed one are not handled",
          "the malformed packet of one client leaves others alone",
        ),
        must(
          "Bytes in it are placeholders with the number of their attachment",
          "attachments come in the order of their numbers",
          "a number names its attachment, wherever it stands",
        ),
        beyond(
          "A placeholder has its attachment",
          "a placeholder of an attachment that does not come ends the session",
        ),
        must(
          "The attachments follow, each as a message of bytes",
          "an empty attachment arrives",
          "attachments may come in requests or frames of their own",
          "events behind a BINARY_EVENT stay behind it",
          "attachments move with their event from polling to WebSocket",
        ),
        beyond(
          "Nothing comes between them, and none without its event",
          "text where an attachment is due ends the session",
          "an attachment that no event announced ends the session",
        ),
      ],
    },
    {
      title: "Sample session",
      statements: [
        must(
          "Open, CONNECT, messages in and out, the move to WebSocket, a second namespace, and bytes",
          "the sample session of Socket.IO 5 runs as it is written",
        ),
      ],
    },
    {
      title: "History, Difference between v5 and v4",
      statements: [
        must(
          "A socket has an id of its own, and no implicit connection to the main namespace",
          "the id of a socket is not the id of the session",
          "a client of another namespace is not in the main one",
        ),
        beyond(
          "A namespace has a payload in CONNECT instead of a query of its own",
          "the query of the session is the socket's, in every namespace",
        ),
      ],
    },
    {
      title: "History, Difference between v4 and v3",
      statements: [aside("Revision 4 added BINARY_ACK", HISTORY)],
    },
    {
      title: "History, Difference between v3 and v2",
      statements: [aside("Revision 3 left MessagePack", HISTORY)],
    },
    {
      title: "History, Difference between v2 and v1",
      statements: [aside("Revision 2 added BINARY_EVENT", HISTORY)],
    },
  ],
};
