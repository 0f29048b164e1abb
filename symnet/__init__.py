"""symnet"""
