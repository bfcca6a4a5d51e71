import { runInOneProcess } from '../support/in-one-process.ts';

runInOneProcess('infra');
