// The webhook endpoint: Express checks the signature over the raw body, BullMQ stores the job.
import { createHmac, timingSafeEqual } from "node:crypto";
import { Queue } from "bullmq";
import express from "express";

const { JUICEBOX_WEBHOOK_SECRET, PORT, REDIS_URL } = process.env;
const events = new Queue("events", {
  connection: { url: REDIS_URL },
  defaultJobOptions: {
    attempts: 3,
    backoff: { type: "exponential", delay: 1000 },
    removeOnComplete: false,
  },
});
const app = express();

function isSigned(body, header = "") {
  const expected = createHmac("sha256", JUICEBOX_WEBHOOK_SECRET).update(body).digest();
  const given = Buffer.from(header.replace(/^sha256=/, ""), "hex");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

app.get("/healthz", (request, response) => response.json({ ok: true }));

app.post("/webhooks/juicebox", express.raw({ type: "application/json" }), async (request, response) => {
  if (!isSigned(request.body, request.get("x-juicebox-signature"))) {
    return response.status(401).json({ error: "Invalid signature" });
  }
  const event = JSON.parse(request.body);
  await events.add(event.type, event, { jobId: event.id }); // a duplicate has the same id and is not added
  return response.json({ received: true });
});

app.listen(Number(PORT), "127.0.0.1");
