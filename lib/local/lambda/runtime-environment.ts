import { devNull } from 'node:os';
import type { LambdaFunctionConfig, LambdaLocation } from './function-config.ts';

/**
 * The environment variables of a function: its own ones over Lambda's. Of this process's variables it gets only
 * `PATH`.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export const runtimeEnvironment = (
  config: LambdaFunctionConfig,
  place: LambdaLocation,
  names: { logGroupName: string; logStreamName: string },
): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  LANG: 'en_US.UTF-8',
  // For code that reads the variable: a thread has the time zone of its process, which must therefore run in UTC.
  TZ: ':UTC',
  AWS_REGION: place.region,
  AWS_DEFAULT_REGION: place.region,
  AWS_EXECUTION_ENV: `AWS_Lambda_nodejs${process.versions.node.split('.', 1)[0] ?? ''}.x`,
  AWS_LAMBDA_FUNCTION_NAME: config.functionName,
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(config.memorySizeMb),
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  AWS_LAMBDA_LOG_GROUP_NAME: names.logGroupName,
  AWS_LAMBDA_LOG_STREAM_NAME: names.logStreamName,
  LAMBDA_TASK_ROOT: config.codeDirectory,
  _HANDLER: config.handler,
  // On AWS these are the credentials of the function's role. The local services read the key id; S3 also verifies the
  // signature.
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  // Keeps the SDK from reading the AWS profile of this machine's user.
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: 'true',
  ...config.environment,
});
