import { startRedis } from "./test/support/redis.ts";
import { startRedisCluster } from "./test/support/redis-cluster.ts";
import { CLIENTS, CLUSTERS } from "./test/support/redis-clients.ts";
import { commandsOf, subscriptionsOf } from "./adapters/redis/client.ts";
process.on("unhandledRejection",(e)=>console.log("UNHANDLED", e));
const l = console.log; const T0=performance.now(); console.log=(...a: unknown[])=>l((performance.now()-T0).toFixed(0), ...a);
const r = await startRedis(); const rc = await startRedisCluster({masters:3});
for (const k of [...CLIENTS.slice(2), ...CLUSTERS.slice(3)]) {
const isC = CLUSTERS.includes(k as any);
console.log("====", k.name, isC);
const pc = isC ? (k as any).create(rc.nodes) : (k as any).create(r.port);
const com = commandsOf(pc.client), sub = subscriptionsOf(pc.client);
com.onState((s)=>console.log("com", s)); sub.onState((s)=>console.log("sub",s));

sub.onInterrupted(()=>console.log("interrupted")); sub.onResubscribed(()=>console.log("resub"));
const got: string[]=[];
const all=[]; for (let i=0;i<50;i++) all.push(sub.subscribe("shard","s"+i,(p,ch)=>got.push(p+ch)));
const ready = Promise.all([sub.subscribe("channel","a",(p,ch)=>console.log("a",p,ch)),sub.subscribe("pattern","a*",(p,ch)=>console.log("a*",p,ch)), ...all]);
await pc.connect(); await ready; while(!com.isReady) await Bun.sleep(5);
const msgs = Array.from({length:50},(_, i)=>({channel:"s"+i,payload:"x"}));
console.log(await com.publish([{channel:"a",payload:"hé"},{channel:"a",payload:Buffer.from([1,2])}], false), (await com.publish(msgs, true)).filter(Boolean));
await Bun.sleep(50); console.log(got.length);
console.log(await com.countSubscribers(["a","b"], false), await com.countSubscribers(["s1","s2","s3","zz"].slice(0, 4), true));
console.log(await com.send([{key:"k",args:["SET","k",new Uint8Array([65,66])]},{key:"k",args:["GET","k"]},{key:"k",args:["XADD","st{k}","*","a","b"]}]));
let t=performance.now(); const ps=[]; for (let i=0;i<20000;i++) ps.push(sub.subscribe("channel","ch"+i,()=>{})); await Promise.all(ps); console.log("20k", performance.now()-t);
const ps2=[]; t=performance.now(); for (let i=0;i<20000;i++) ps2.push(sub.subscribe("shard","ch"+i,()=>{})); await Promise.all(ps2); console.log("20k shard", performance.now()-t);
if (!isC) {
t=performance.now();const done=new Promise<void>(res=>sub.onResubscribed(res)); await r.kill(); console.log(String((await com.publish(msgs, true)).find(Boolean))); await r.restart(); 
await done; console.log("resubscribed", performance.now()-t);
got.length=0; while (!com.isReady) await Bun.sleep(5); console.log((await com.publish(msgs, true)).filter(Boolean)); await Bun.sleep(100); console.log(got.length);
}
const o = com.duplicate(); while(!o.isReady) await Bun.sleep(5);
const pend = o.send([{key:"st", args:["XREAD","BLOCK",0,"STREAMS","st","$"]}]); await Bun.sleep(50); 
console.log(await com.send([{key:"st", args:["XADD","st","*","a","b"]}])); console.log(JSON.stringify(await pend, (k,v)=>v?.type==="Buffer"?Buffer.from(v.data).toString():v));
const pend2 = o.send([{key:"st", args:["XREAD","BLOCK",0,"STREAMS","st","$"]}]); await Bun.sleep(50); o.end(); console.log(String(await pend2));
await pc.end(); await Bun.sleep(200); console.log(com.isReady, sub.isReady);
}
await r.stop(); await rc.stop();
