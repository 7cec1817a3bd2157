"""Application Auto Scaling of ECS services, which MiniStack does not have.

docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
"""

import pytest

from mesh.local_aws import process
from tests.fixtures.deployed import client

TARGET = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/shop/web",
    "ScalableDimension": "ecs:service:DesiredCount",
}


@pytest.fixture
def state(tmp_path):
    folder = tmp_path / "aws"
    yield folder
    process.stop(folder)


def service_of(running):
    ecs = client(running, "ecs")
    (found,) = ecs.describe_services(cluster="shop", services=["web"])["services"]
    return found


def test_a_service_is_kept_within_its_limits_over_a_restart(state, tmp_path):
    running = process.start(state, log=tmp_path / "aws.log")
    ecs, scaling = client(running, "ecs"), client(running, "application-autoscaling")
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(family="web", containerDefinitions=[{"name": "a", "image": "b:1"}])
    ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition="web",
        desiredCount=1,
        availabilityZoneRebalancing="ENABLED",
    )
    assert service_of(running)["availabilityZoneRebalancing"] == "ENABLED"

    scaling.register_scalable_target(**TARGET, MinCapacity=2, MaxCapacity=4, Tags={"Team": "a"})
    assert service_of(running)["desiredCount"] == 2
    policy = {"PolicyName": "cpu", "PolicyType": "TargetTrackingScaling", **TARGET}
    scaling.put_scaling_policy(**policy)

    process.stop(state)
    running = process.start(state, log=tmp_path / "aws.log")
    scaling = client(running, "application-autoscaling")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 4)
    arn = target["ScalableTargetARN"]
    scaling.tag_resource(ResourceARN=arn, Tags={"Cost": "b"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["Team"])
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"Cost": "b"}
    (found,) = scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    assert found["PolicyName"] == "cpu"

    scaling.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=1)
    assert service_of(running)["desiredCount"] == 1
    scaling.delete_scaling_policy(PolicyName="cpu", **TARGET)
    scaling.deregister_scalable_target(**TARGET)
    assert scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []
    with pytest.raises(scaling.exceptions.ObjectNotFoundException):
        scaling.deregister_scalable_target(**TARGET)
    with pytest.raises(scaling.exceptions.ObjectNotFoundException):
        scaling.put_scaling_policy(**policy)
