import { chooseCodec } from "../codec/choose.ts";
import type { WebSocketPort } from "../exchange.ts";
import type { EngineRequest } from "../request.ts";
import { jsonpBody } from "./jsonp.ts";
import { PollingTransport } from "./polling.ts";
import type { PollingSettings } from "./polling-receiver.ts";
import { PLAIN_BODY } from "./polling-body.ts";
import { SILENT } from "./transport.ts";
import { type WebSocketSettings, WebSocketTransport } from "./websocket.ts";

/**
 * Makes the polling transport of a new session.
 *
 * @param sid the session's id
 * @param request its first request
 * @param settings those of the engine
 */
export function makePolling(
  sid: string,
  { _query: query, headers }: EngineRequest,
  settings: PollingSettings,
): PollingTransport {
  const agent = headers["user-agent"];
  const { j: index } = query;
  return index === undefined
    ? new PollingTransport(sid, agent, chooseCodec(query), PLAIN_BODY, settings, SILENT)
    : new PollingTransport(
        sid,
        agent,
        chooseCodec(query, true),
        jsonpBody(index),
        settings,
        SILENT,
      );
}

/**
 * Makes the transport of a WebSocket.
 *
 * @param port the WebSocket
 * @param request the request for it
 * @param settings those of the engine
 */
export function makeWebSocket(
  port: WebSocketPort,
  request: EngineRequest,
  settings: WebSocketSettings,
): WebSocketTransport {
  return new WebSocketTransport(port, chooseCodec(request._query), settings, SILENT);
}
