import type { IncomingMessage } from "node:http";
import { type Packet, PacketType } from "socket.io-parser";
import type { EncodedPackets, SocketId, WriteOptions } from "../adapters/adapter.ts";
import type { LimitName } from "./engine/limits.ts";
import type { Session } from "./engine/session.ts";
import type { CloseReason, SessionHandler } from "./engine/session-types.ts";
import { ClientNamespaces } from "./client-namespaces.ts";
import type { ClientNamespace, ClientServer, ClientSocket } from "./client-ports.ts";
import { type Deadline, startDeadline } from "./deadline.ts";
import { SocketIOError } from "./errors.ts";
import type { ClientAttempt } from "./namespace-attempt.ts";
import { faultOfPacket } from "./packet-check.ts";
import type { Refusal, RefusalReason, SocketClient } from "./socket-ports.ts";
import { bareRefusal, separateQuery } from "./socket-protocol-3.ts";
import { makeLog } from "./log.ts";

const log = makeLog("socket.io:client");

const TOO_MANY_NAMESPACES: Refusal = {
  message: "Too many namespaces",
  data: { code: "ERR_LIMIT_EXCEEDED", limit: "namespacesPerConnection" },
};

const COMPRESSED = {};
const UNCOMPRESSED = { compress: false };

/** One engine session and its sockets, at most one in each namespace. */
export class Client extends ClientNamespaces implements SocketClient, SessionHandler {
  readonly conn: Session;
  protected override readonly server: ClientServer;
  /** Null once it is in a namespace. */
  #connectDeadline: Deadline | null;
  #closed = false;

  constructor(server: ClientServer, conn: Session) {
    super();
    this.conn = conn;
    this.server = server;
    this.#connectDeadline = this.#startConnectDeadline();
    if (conn.protocol === 3) {
      this.#connectOld();
    }
  }

  #startConnectDeadline(): Deadline {
    const { clock, connectTimeoutMs } = this.server;
    return startDeadline(clock, connectTimeoutMs, () => this.#onConnectTimeout());
  }

  // Such a client does not ask. Not at once: nobody knows of this object yet.
  #connectOld(): void {
    queueMicrotask(() => this.#connect("/", {}));
  }

  /** The id of the session, which is a secret. `@socket.io/admin-ui` reads it. @internal */
  get id(): string {
    return this.conn.id;
  }

  /** The sockets by id; made anew at each reading. @internal */
  get sockets(): Map<SocketId, ClientSocket> {
    return new Map(this.openSockets().map((socket) => [socket.id, socket]));
  }

  #onConnectTimeout(): void {
    log("%s has joined no namespace in time, closing it", this.conn.id);
    this.server.onLimit("connectTimeout", this.conn);
    this.close();
  }

  /** The request that opened the connection. */
  get request(): IncomingMessage {
    return this.conn.request;
  }

  protected override onInvalidData(message: string, cause?: unknown): void {
    log("invalid packet format: %s", message);
    const error = new SocketIOError(
      "ERR_INVALID_PACKET",
      message,
      cause === undefined ? undefined : { cause },
    );
    if (cause instanceof SocketIOError && cause.limit !== undefined) {
      this.server.onLimit(cause.limit as LimitName, this.conn);
    }
    for (const socket of this.openSockets()) {
      socket._onError(error);
    }
    this.conn.close();
  }

  protected override onPacket(packet: Packet): void {
    if (this.conn.protocol === 3) {
      separateQuery(packet);
    }
    const fault = faultOfPacket(packet, this.server.packetDecoder !== null);
    if (fault !== null) {
      this.onInvalidData(fault);
      return;
    }
    const limit = this.server.packetRates?.exceededBy(this, packet) ?? null;
    if (limit !== null) {
      this.exceed(limit, packet.nsp);
      return;
    }
    const socket = this.socketIn(packet.nsp);
    if (socket === undefined && packet.type === PacketType.CONNECT) {
      this.#connect(packet.nsp, packet.data ?? {});
    } else if (
      socket &&
      packet.type !== PacketType.CONNECT &&
      packet.type !== PacketType.CONNECT_ERROR
    ) {
      socket._onPacket(packet);
    } else if (socket !== undefined || !this.hasLeft(packet.nsp)) {
      log("invalid state (packet type: %s)", packet.type);
      this.close(); // a packet for a namespace the client is not in, or a CONNECT for one it is in
    } // else it was on its way when the server disconnected the socket
    if (packet.type === PacketType.DISCONNECT) {
      this.forgetLeft(packet.nsp);
    }
  }

  /** Ends the connection, as the client went beyond a limit. */
  exceed(limit: LimitName, namespace: string): void {
    const { conn }: { conn: Pick<Session, "close"> & Partial<Session> } = this;
    if (conn.exceed !== undefined) {
      conn.exceed(limit, namespace);
    } else {
      this.server.onLimit(limit, this.conn, namespace); // the engine is not ours: see bind()
      conn.close();
    }
  }

  #connect(name: string, auth: Record<string, unknown>): void {
    this.forgetLeft(name);
    const most = this.server.limits.namespacesPerConnection;
    if (!this.hasRoomFor(name, most)) {
      this.server.onLimit("namespacesPerConnection", this.conn, name);
      this.refuse(name, "limit", TOO_MANY_NAMESPACES);
      return;
    }
    const attempt = this.makeAttempt(name);
    const namespace = this.server.knownNamespace(name);
    if (namespace === undefined) {
      this.#lookUp(auth, attempt);
    } else {
      this.#join(namespace, auth, attempt);
    }
  }

  #lookUp(auth: Record<string, unknown>, attempt: ClientAttempt<ClientSocket>): void {
    const { name } = attempt.nsp;
    this.server.findNamespace(name, auth, (namespace) => {
      if (namespace !== null) {
        this.#join(namespace, auth, attempt); // also where nobody waits for it, as that takes it away
        return;
      }
      log("namespace %s was denied: there is none, and none is to be made", name);
      if (attempt.isWanted) {
        attempt.onRefused();
        this.refuse(name, "namespace", { message: "Invalid namespace" });
      }
    });
  }

  #join(
    namespace: ClientNamespace,
    auth: Record<string, unknown>,
    attempt: ClientAttempt<ClientSocket>,
  ): void {
    log("connecting to namespace %s", attempt.nsp.name);
    namespace.add(this, auth, attempt);
  }

  refuse(nsp: string, reason: RefusalReason, refusal: Refusal): void {
    const { message, data } = refusal;
    const isBare = this.conn.protocol === 3 && (reason === "middleware" || data !== undefined);
    const told = isBare ? bareRefusal(refusal) : refusal;
    this.writePacket({ type: PacketType.CONNECT_ERROR, nsp, data: told }, {});
    this.server.onConnectRefused({ namespace: nsp, reason, message, data, session: this.conn });
  }

  protected override onJoined(): void {
    this.#stopConnectDeadline();
  }

  #stopConnectDeadline(): void {
    this.#connectDeadline?.cancel();
    this.#connectDeadline = null;
  }

  writePacket(packet: Packet, options: WriteOptions): void {
    if (this.conn.readyState === "open" && !this.#isTooLateFor(options)) {
      this.#write(this.server.encoder.encode(packet), options);
    } else if (log.enabled && this.conn.readyState !== "open") {
      log("ignoring packet write %j", packet);
    }
  }

  /** Called by adapters with packets that are encoded once for many clients. */
  writeToEngine(encodedPackets: EncodedPackets, options: WriteOptions): void {
    if (!this.#isTooLateFor(options)) {
      this.#write(encodedPackets, options);
    }
  }

  #isTooLateFor(options: WriteOptions): boolean {
    const isTooLate = options.volatile === true && !this.conn.transport.writable;
    if (isTooLate) {
      log("a volatile packet is discarded: the transport is not writable now");
    }
    return isTooLate;
  }

  #write(encodedPackets: EncodedPackets, { compress }: WriteOptions): void {
    const options = compress === false ? UNCOMPRESSED : COMPRESSED;
    if (encodedPackets.length > 1) {
      requireSendable(encodedPackets);
    }
    for (const encoded of encodedPackets) {
      // An ArrayBuffer that an application emits comes out of the encoder as it went in.
      this.conn.write(encoded instanceof ArrayBuffer ? Buffer.from(encoded) : encoded, options);
    }
  }

  /** How many acknowledgements are owed, by the client or to it. */
  get owed(): number {
    let owed = 0;
    for (const socket of this.openSockets()) {
      owed += socket._owed;
    }
    return owed;
  }

  /**
   * Ends its sockets, for the server is shutting down, and the session once what waits for the client
   * has been sent. It takes that for a lost connection, and connects anew.
   */
  leave(): void {
    for (const socket of this.openSockets()) {
      socket._onClose("server shutting down");
    }
    this.conn.close();
  }

  disconnect(): void {
    for (const socket of this.openSockets()) {
      socket.disconnect();
    }
    this.close();
  }

  /** Closes the connection. */
  close(): void {
    if (this.conn.readyState === "open") {
      log("forcing transport close");
      this.conn.close();
      this.onClose("forced server close");
    }
  }

  onClose(reason: CloseReason | "forced server close", description?: unknown): void {
    if (this.#closed) {
      return;
    }
    log("client close with reason %s", reason);
    this.#closed = true;
    this.#stopConnectDeadline();
    for (const socket of this.openSockets()) {
      socket._onClose(reason, description);
    }
    this.leaveAll();
    this.stopReading();
  }
}

// Checked before any of it is queued: a packet without its attachments would jam the client.
function requireSendable(encodedPackets: EncodedPackets): void {
  for (const part of encodedPackets) {
    if (typeof part !== "string" && !(part instanceof ArrayBuffer) && !ArrayBuffer.isView(part)) {
      throw new SocketIOError(
        "ERR_INVALID_ARGUMENT",
        "a Blob or File cannot be sent, as reading it takes time: " +
          "emit the result of `await blob.arrayBuffer()`",
      );
    }
  }
}
