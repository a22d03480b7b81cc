@echo off
echo Free
