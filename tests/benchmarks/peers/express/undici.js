// Posts to Slack with undici's bare HTTP client over keep-alive connections.
import { Pool } from "undici";

const { SLACK_API_URL, SLACK_BOT_TOKEN, SLACK_CHANNEL } = process.env;
const url = new URL(SLACK_API_URL);
const pool = new Pool(url.origin, { connections: 32 });
const headers = {
  authorization: `Bearer ${SLACK_BOT_TOKEN}`,
  "content-type": "application/json; charset=utf-8",
};

export async function post(text) {
  const { statusCode, body } = await pool.request({
    method: "POST",
    path: `${url.pathname}chat.postMessage`,
    headers,
    body: JSON.stringify({ channel: SLACK_CHANNEL, text }),
  });
  const reply = await body.json();
  if (statusCode !== 200 || !reply.ok) {
    throw new Error(`Slack answered ${statusCode} ${reply.error}`);
  }
  return { channel: reply.channel, ts: reply.ts };
}
