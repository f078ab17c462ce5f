export type { AttachOptions } from "../hosts/attach-options.ts";
export { attach, EngineServer, EngineServer as Server, listen } from "../hosts/engine-server.ts";
export type { NodeHttpServer } from "../hosts/node.ts";
export type { AdmissionRules } from "./admission.ts";
export type { Codec, Packet, PacketOptions, PacketType, RawData } from "./codec/codec.ts";
export { Engine } from "./engine.ts";
export type {
  ConnectionError,
  ConnectRefused,
  EngineEvents,
  LimitExceeded,
} from "./engine-events.ts";
export type {
  BodyResult,
  HttpExchange,
  Middleware,
  SendResult,
  WebSocketPort,
} from "./exchange.ts";
export { ENGINE_ERRORS, type EngineErrorCode } from "./handshake.ts";
export type { LimitName, Limits, ResolvedLimits } from "./limits.ts";
export type {
  AllowRequestCallback,
  CookieOptions,
  CorsOrigin,
  EngineOptions,
  HttpCompressionOptions,
  PerMessageDeflateOptions,
  Refusal,
  TransportName,
} from "./options.ts";
export type { EngineRequest } from "./request.ts";
export { Session, Session as Socket } from "./session.ts";
export type {
  CloseReason,
  ReadyState,
  SendCallback,
  SessionEvents,
  SessionHandler,
} from "./session-types.ts";
export type { Transport, TransportState } from "./transports/transport.ts";
export type { WebTransportSession, WebTransportStream } from "./transports/webtransport.ts";
export type { TrustProxy } from "./trust-proxy.ts";
export type { UpgradeDecision } from "./upgrade-reply.ts";
export const protocol = 4;
