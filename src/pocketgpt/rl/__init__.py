"""Reinforcement learning where answers can be checked: tasks, rollouts, advantages, GRPO."""
