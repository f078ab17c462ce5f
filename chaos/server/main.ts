// One node of a case: a server with an adapter, which broadcasts what it is told to. It runs on Node
// too, and does no more about errors than a careful program does that follows the documentation.

import { NODE_SETTINGS, type NodeSettings } from "./protocol.ts";
import { serve } from "./serve.ts";
import { startOurs, startReference } from "./start.ts";

const settings = JSON.parse(process.env[NODE_SETTINGS] ?? "") as NodeSettings;
const start = settings.package === "bun-socket.io" ? startOurs : startReference;
const { io, port } = await start(settings);
serve(io, settings.name, port);
