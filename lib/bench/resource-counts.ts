import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createChatServiceApp } from '../chat-service-app.ts';

/** How many resources each stack of a stage has; CloudFormation takes 500. By the stack's name without the stage's. */
export const resourceCounts = (stage: string): Record<string, number> => {
  const folder = mkdtempSync(join(tmpdir(), 'chat-service-counts-'));
  try {
    const { stacks } = createChatServiceApp(stage, folder).app.synth();
    return Object.fromEntries(
      stacks.map(({ stackName, template }) => {
        const { Resources: resources } = template as { Resources?: object };
        return [stackName.replace(`chat-service-${stage}-`, ''), Object.keys(resources ?? {}).length];
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
