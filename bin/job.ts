import { jobRoutes } from '../functions/contract/table.ts';
import { startLocalCloud } from '../lib/local/cloud.ts';
import { DATA_DIRECTORY, readEndpoints } from '../lib/local/endpoints.ts';
import { readArguments, refuse } from './arguments.ts';

const { values, positionals } = readArguments({
  usage: `
npm run job -- NAME              runs a job of the service: in the local cloud that is running, or in one of its own
npm run job -- NAME --data DIR   that of another data folder
${jobRoutes.map(({ id, summary }) => `  ${id.padEnd(22)}${summary}`).join('\n')}`,
  takesNames: true,
  options: { data: { type: 'string', default: DATA_DIRECTORY } },
});
const [name, ...others] = positionals;
const job = jobRoutes.find(({ id }) => id === name);
if (job === undefined || others.length > 0) {
  refuse(`Name a job: ${jobRoutes.map(({ id }) => id).join(', ')}.`);
}
const functionName = `chat-service-local-${job?.id}`;

/**
 * The URL of a running local cloud's Lambda; undefined when the recorded endpoint does not respond because the cloud
 * was killed.
 */
const runningLambda = async (): Promise<string | undefined> => {
  const url = readEndpoints(values.data)?.lambda;
  if (url === undefined) return undefined;
  return fetch(url).then(
    () => url,
    () => undefined,
  );
};

const invokeAt = async (lambdaUrl: string, functionName: string): Promise<unknown> => {
  const response = await fetch(`${lambdaUrl}/2015-03-31/functions/${functionName}/invocations`, {
    method: 'POST',
    body: '{}',
  });
  const answer: unknown = await response.json();
  if (response.ok && response.headers.get('x-amz-function-error') === null) return answer;
  throw new Error(`The job failed: ${JSON.stringify(answer)}`);
};

const invokeInOwnCloud = async (functionName: string): Promise<unknown> => {
  const cloud = await startLocalCloud({
    dataDirectory: values.data,
    httpPort: 0,
    webSocketPort: 0,
    log: (line) => console.error(`  ${line}`),
  });
  try {
    return await cloud.lambda.invoke(functionName, {});
  } finally {
    await cloud.stop();
  }
};

try {
  const running = await runningLambda();
  const report =
    running === undefined ? await invokeInOwnCloud(functionName) : await invokeAt(running, functionName);
  console.log(JSON.stringify(report));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
