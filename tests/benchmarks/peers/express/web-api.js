// Posts to Slack with Slack's own client: https://docs.slack.dev/tools/node-slack-sdk/web-api/
import { WebClient } from "@slack/web-api";

const { SLACK_API_URL, SLACK_BOT_TOKEN, SLACK_CHANNEL } = process.env;
const slack = new WebClient(SLACK_BOT_TOKEN, { slackApiUrl: SLACK_API_URL });

export async function post(text) {
  const { channel, ts } = await slack.chat.postMessage({ channel: SLACK_CHANNEL, text });
  return { channel, ts };
}
