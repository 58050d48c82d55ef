// The worker: BullMQ runs each job, which posts one message with the client that CLIENT names.
import { Worker } from "bullmq";

const { CLIENT, CONCURRENCY, REDIS_URL } = process.env;
const { post } = await import(`./${CLIENT}.js`);

function text({ resultCount, query }) {
  return `Search completed with ${resultCount.toLocaleString("en-US")} results: “${query}”`;
}

const worker = new Worker("events", (job) => post(text(job.data.data)), {
  connection: { url: REDIS_URL, maxRetriesPerRequest: null },
  concurrency: Number(CONCURRENCY),
});
worker.on("error", (error) => console.error(error));

process.on("SIGTERM", async () => {
  await worker.close();
  process.exit(0);
});
