import { Connection, isGrpcServiceError } from '@temporalio/client';
import type { Config, WorkerVersion } from '../config';
import { temporalEndpoint } from './connection';

const CALL_MS = 10_000;

/** gRPC's code for a deployment that no worker has asked for work yet. */
const NOT_FOUND = 5;

/**
 * Says that the configured version of the worker gets no orders, and what to do about it; undefined if it gets them,
 * or if no version is configured. Throws what the Temporal client throws.
 */
export async function idleVersionNotice(config: Config): Promise<string | undefined> {
  const version = config.workerVersion;
  if (version === undefined) return undefined;
  const current = await currentBuildId(config, version.deploymentName);
  if (current === version.buildId) return undefined;
  const instead = current === undefined ? 'no version is' : `version ${current} is`;
  return (
    `the worker gets no orders yet: it is version ${version.buildId} of ${version.deploymentName}, of which ` +
    `${instead} current; when it shall: ${setCurrentCommand(version)}`
  );
}

const setCurrentCommand = ({ deploymentName, buildId }: WorkerVersion): string =>
  `temporal worker deployment set-current-version --deployment-name ${deploymentName} --build-id ${buildId}`;

async function currentBuildId(config: Config, deploymentName: string): Promise<string | undefined> {
  const { connection: options, namespace } = temporalEndpoint(config);
  const connection = await Connection.connect({ ...options, connectTimeout: CALL_MS });
  try {
    const { workerDeploymentInfo } = await connection.withDeadline(Date.now() + CALL_MS, () =>
      connection.workflowService.describeWorkerDeployment({ namespace, deploymentName }),
    );
    return workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId ?? undefined;
  } catch (error) {
    if (isGrpcServiceError(error) && [NOT_FOUND].includes(error.code)) return undefined;
    throw error;
  } finally {
    await connection.close();
  }
}
